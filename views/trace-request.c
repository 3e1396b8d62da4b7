/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/trace-request.h"

#include <stdlib.h>
#include <string.h>

#include "controller/port.h"
#include "dp-packet.h"
#include "flows/port-config.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/shash.h"
#include "trace/trace-state.h"
#include "util.h"
#include "views/trace-ends.h"

/* Arguments. */

/* Returns false if 'arg' is no option. */
static bool
parse_option(struct trace_request *r, const char *arg, bool *betweenp,
             char **errorp)
{
    static const char state[] = "--state=";

    if (arg[0] != '-' || arg[1] != '-') {
        return false;
    } else if (!strcmp(arg, "--between")) {
        *betweenp = true;
    } else if (strncmp(arg, state, strlen(state))) {
        *errorp = xasprintf("'%s' is no option of trace", arg);
    } else if (!trace_state_parse(arg + strlen(state), &r->wanted)) {
        *errorp = xasprintf("'%s' is no state: expected " TRACE_STATES,
                            arg + strlen(state));
    }
    return true;
}

static char *
parse_words(struct trace_request *r, const char *const words[3], bool between)
{
    r->port = xstrdup(words[0]);
    r->text = xstrdup(words[2]);
    r->direction = NW_OUT;
    if (between) {
        r->peer = xstrdup(words[1]);
    } else if (!strcmp(words[1], "in")) {
        r->direction = NW_IN;
    } else if (strcmp(words[1], "out")) {
        return xasprintf("'%s' is no direction: expected 'in' (to the guest) "
                         "or 'out' (from the guest)",
                         words[1]);
    }
    return NULL;
}

char *
trace_request_init(struct trace_request *r, int argc, const char *argv[])
{
    const char *words[3] = { NULL };
    bool between = false;
    char *error = NULL;
    size_t n = 0;

    memset(r, 0, sizeof *r);
    r->wanted.state = INTERPRET_NEW;
    for (int i = 1; i < argc; i++) {
        if (parse_option(r, argv[i], &between, &error)) {
            if (error) {
                return error;
            }
        } else if (n < ARRAY_SIZE(words)) {
            words[n++] = argv[i];
        } else {
            n++;
        }
    }
    if (n != ARRAY_SIZE(words)) {
        return xstrdup("expected PORT in|out FLOW, or --between PORT PORT "
                       "FLOW");
    }
    return parse_words(r, words, between);
}

static void
view_uninit(struct trace_view *view)
{
    dp_packet_delete(view->bytes);
    free(view->port);
}

void
trace_request_uninit(struct trace_request *r)
{
    if (r->has_packet) {
        trace_packet_uninit(&r->packet);
    }
    view_uninit(&r->out);
    view_uninit(&r->in);
    free(r->port);
    free(r->peer);
    free(r->text);
}

/* The packet. */

static char *
read_packet(struct trace_request *r, const struct port *port,
            const struct shash *ports)
{
    struct ofputil_port_map map = OFPUTIL_PORT_MAP_INITIALIZER(&map);
    struct shash_node *node;
    char *error;

    SHASH_FOR_EACH (node, ports) {
        const struct port *other = node->data;

        if (other->bridge == port->bridge) {
            ofputil_port_map_put(&map, u16_to_ofp(other->config.ofport),
                                 other->name);
        }
    }
    error = trace_packet_init(&r->packet, r->text, &map);
    r->has_packet = true;
    ofputil_port_map_destroy(&map);
    return error;
}

/* Finds the sender and the receiver, NULL for those that are not known.  The
 * packet begins its way at the sender, but one that anybody may have sent, in
 * front of the receiver. */
static char *
find_ends(struct trace_request *r, const struct port *port,
          const struct port *peer, const struct shash *ports,
          const struct port **srcp, const struct port **dstp)
{
    struct flow *flow = &r->packet.flow;
    bool given = flow->in_port.ofp_port != OFPP_NONE;

    if (r->direction == NW_OUT) {
        *srcp = port;
        *dstp = peer ? peer : trace_find_port(ports, port->bridge, flow, true);
        if (!given) {
            flow->in_port.ofp_port = u16_to_ofp(
                port->config.bond ? port_bond_active(port->config.bond)
                                  : port->config.ofport);
        }
        return (trace_find_ofport(ports, port->bridge,
                                  ofp_to_u16(flow->in_port.ofp_port))
                        == port
                    ? NULL
                    : xasprintf("in_port is not %s, which is to send the "
                                "packet",
                                port->name));
    }
    *dstp = port;
    *srcp = (given ? trace_find_ofport(ports, port->bridge,
                                       ofp_to_u16(flow->in_port.ofp_port))
                   : trace_find_port(ports, port->bridge, flow, false));
    r->staged = !given;
    return (given && !*srcp ? xstrdup("in_port is no port of the bridge")
                            : NULL);
}

/* A trunk has no VLAN that a frame without a tag would be in; who is to get
 * the frame may tell. */
static void
assume_vlan(struct trace_request *r, const struct port *src,
            const struct port *dst)
{
    uint16_t vlan = dst ? trace_port_vlan(dst, &r->packet.flow) : 0;

    if (vlan && !r->packet.given.masks.vlans[0].tci && !src->config.access
        && !src->config.native) {
        trace_packet_set_tag(&r->packet, true, vlan);
        ds_put_format(&r->packet.assumed, "dl_vlan=%u (%s's)\n", vlan,
                      dst->name);
    }
}

static char *
complete_packet(struct trace_request *r, const struct port *src,
                const struct port *dst)
{
    const char *problem = trace_state_check(&r->wanted, &r->packet.flow);
    bool is_frame = r->packet.frame != NULL; /* And complete. */
    struct trace_end src_end, dst_end;

    if (problem) {
        return xstrdup(problem);
    }
    trace_end_init(&src_end, src);
    trace_end_init(&dst_end, dst);

    char *error = trace_packet_complete(&r->packet, &src_end, &dst_end,
                                        r->wanted.state == INTERPRET_NEW);

    if (!error && !r->staged && !is_frame) {
        assume_vlan(r, src, dst);
    }
    return error;
}

/* Rules see the frame as it is on the port's wire. */
static char *
view_init(struct trace_view *view, const struct trace_request *r,
          const struct port *port, bool receives)
{
    bool tagged = !receives || !trace_port_untags(port, r->vlan);

    view->port = xstrdup(port->name);
    view->bytes = trace_packet_clone_frame(&r->packet, tagged,
                                           receives ? r->vlan : 0);
    if (!interpret_frame_parse(dp_packet_data(view->bytes),
                               dp_packet_size(view->bytes), &view->frame)) {
        return xstrdup("the frame is too short");
    }
    trace_state_resolve(&r->wanted, &view->frame, &view->conn);
    return NULL;
}

static char *
make_views(struct trace_request *r, const struct port *src,
           const struct port *dst)
{
    char *error = NULL;

    r->vlan = trace_port_vlan(r->staged ? dst : src, &r->packet.flow);
    if (r->staged) {
        /* The tag only says which VLAN is meant. */
        trace_packet_set_tag(&r->packet, !trace_port_untags(dst, r->vlan),
                             r->vlan);
    } else {
        error = view_init(&r->out, r, src, false);
    }
    if (!error && (r->direction == NW_IN || r->peer)) {
        error = view_init(&r->in, r, dst, true);
    }
    return error;
}

static char *
find_ports(const struct trace_request *r, const struct shash *ports,
           const struct port **portp, const struct port **peerp)
{
    *portp = shash_find_data(ports, r->port);
    *peerp = r->peer ? shash_find_data(ports, r->peer) : NULL;
    if (!*portp || (r->peer && !*peerp)) {
        return xasprintf("no port '%s' on a managed bridge",
                         *portp ? r->peer : r->port);
    } else if (*peerp && (*peerp)->bridge != (*portp)->bridge) {
        return xasprintf("'%s' and '%s' are on different bridges", r->port,
                         r->peer);
    }
    return NULL;
}

char *
trace_request_complete(struct trace_request *r, const struct shash *ports)
{
    const struct port *port, *peer, *src, *dst;
    char *error = find_ports(r, ports, &port, &peer);

    error = error ? error : read_packet(r, port, ports);
    error = error ? error : find_ends(r, port, peer, ports, &src, &dst);
    error = error ? error : complete_packet(r, src, dst);
    return error ? error : make_views(r, src, dst);
}

uint32_t
trace_request_ct(const struct trace_request *r, struct ds *ct_state)
{
    /* A tag keeps a frame from being tracked, and may be gone at the other
     * end. */
    const struct trace_view *view =
        (r->in.port && r->in.conn.state != INTERPRET_UNTRACKED ? &r->in
                                                               : &r->out);

    return trace_state_to_ct(&r->wanted, &view->conn, &r->packet.flow,
                             ct_state);
}
