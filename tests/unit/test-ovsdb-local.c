/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/local.h"

#include "openvswitch/dynamic-string.h"
#include "tests/unit/check.h"
#include "tests/unit/ovsdb-server.h"

/* A server, a session, and what has changed since look() was called. */
struct world {
    struct server server;
    struct local_db *local;
    struct local_changes changes;
    uint64_t sync; /* What settle() waits for. */
    unsigned int n_runs;
};

static void
world_run(void *world_)
{
    struct world *world = world_;

    world->n_runs++;
    local_run(world->local, &world->changes);
}

static void
world_wait(void *world_)
{
    struct world *world = world_;

    local_wait(world->local);
}

static bool
world_is_synced(void *world_)
{
    const struct world *world = world_;

    return local_synced(world->local) >= world->sync;
}

static bool
world_is_flushed(void *world_)
{
    const struct world *world = world_;

    return local_is_flushed(world->local);
}

static bool
until(struct world *world, bool (*done)(void *))
{
    return loop_until(world_run, world_wait, done, world, 60000);
}

/* ovs-vsctl, without a switch to wait for. */
#define VSCTL(WORLD, FORMAT, ...)                                 \
    shell("ovs-vsctl --no-wait --timeout=120 --db=%s -- " FORMAT, \
          (WORLD)->server.remote, ##__VA_ARGS__)

static void
world_init(struct world *world)
{
    server_init(&world->server, VSWITCH_SCHEMA);
    VSCTL(world, "init");
    world->local = local_create(world->server.remote);
    local_changes_init(&world->changes);
    world->n_runs = 0;
}

static void
world_uninit(struct world *world)
{
    local_destroy(world->local);
    local_changes_uninit(&world->changes);
    server_uninit(&world->server);
}

/* Forgets what had changed. */
static void
forget(struct world *world)
{
    local_changes_uninit(&world->changes);
    local_changes_init(&world->changes);
}

/* Receives everything that is in the database. */
static bool
settle(struct world *world)
{
    world->sync = local_sync_start(world->local);
    return until(world, world_is_synced);
}

/* Returns what changed, as "config|BRIDGE...|INTERFACE...", and forgets it. */
static const char *
changed(struct world *world)
{
    static char text[4096];
    struct ds s = DS_EMPTY_INITIALIZER;
    const char **names;

    ds_put_cstr(&s, world->changes.config ? "config|" : "|");
    names = sset_sort(&world->changes.bridges);
    for (size_t i = 0; names[i]; i++) {
        ds_put_format(&s, "%s%s", i ? " " : "", names[i]);
    }
    free(names);
    ds_put_char(&s, '|');
    names = sset_sort(&world->changes.interfaces);
    for (size_t i = 0; names[i]; i++) {
        ds_put_format(&s, "%s%s", i ? " " : "", names[i]);
    }
    free(names);
    ovs_strlcpy(text, ds_cstr(&s), sizeof text);
    ds_destroy(&s);
    forget(world);
    return text;
}

#define CHANGED(WORLD, EXPECTED) \
    (CHECK(settle(WORLD)), CHECK_STR(changed(WORLD), EXPECTED))

static const char *
iface_to_string(struct world *world, const char *name)
{
    static const char *const modes[] = {
        [VLAN_MODE_TRUNK] = "trunk",
        [VLAN_MODE_ACCESS] = "access",
        [VLAN_MODE_NATIVE_TAGGED] = "native-tagged",
        [VLAN_MODE_NATIVE_UNTAGGED] = "native-untagged",
        [VLAN_MODE_DOT1Q_TUNNEL] = "dot1q-tunnel",
    };
    static char text[512];
    const struct local_interface *iface = local_interface(world->local, name);

    if (!iface) {
        return NULL;
    }
    int n = snprintf(text, sizeof text, "%s/%s/%s type=%s ofport=%d %s tag=%u",
                     iface->bridge, iface->port, iface->name, iface->type,
                     iface->ofport, modes[iface->vlan_mode], iface->tag);
    for (size_t i = 0; i < iface->n_trunks; i++) {
        n += snprintf(text + n, sizeof text - n, "%s%u",
                      i ? "," : " trunks=", iface->trunks[i]);
    }
    snprintf(text + n, sizeof text - n, "%s%s", iface->bonded ? " bonded" : "",
             iface->is_protected ? " protected" : "");
    return text;
}

#define IFACE(WORLD, NAME, EXPECTED) \
    CHECK_STR(iface_to_string(WORLD, NAME), EXPECTED)

static void
test_ready(void)
{
    struct world world;
    world_init(&world);

    CHECK(!local_is_ready(world.local));
    CHECK(!local_is_connected(world.local));
    CHECK(settle(&world));
    CHECK(local_is_ready(world.local));
    CHECK(local_is_connected(world.local));
    CHECK_STR(changed(&world), "||");
    world_uninit(&world);
}

static void
test_add_remove_rename(void)
{
    struct world world;
    world_init(&world);

    VSCTL(&world, "add-br br0 -- set Interface br0 type=internal");
    CHANGED(&world, "|br0|br0");
    IFACE(&world, "br0", "br0/br0/br0 type=internal ofport=0 trunk tag=0");

    VSCTL(&world, "add-port br0 p1 -- add-port br0 p2");
    CHANGED(&world, "||p1 p2");
    IFACE(&world, "p1", "br0/p1/p1 type= ofport=0 trunk tag=0");
    CHECK_INT(sset_count(&local_bridge(world.local, "br0")->interfaces), 3);

    /* The name of a row does not change: another takes its place. */
    VSCTL(&world, "set Interface p1 ofport=5 -- set Interface p2 ofport=-1");
    CHANGED(&world, "||p1 p2");
    VSCTL(&world, "del-port p1 -- add-port br0 p3 -- set Interface p3 "
                  "ofport=5");
    CHANGED(&world, "||p1 p3");
    IFACE(&world, "p1", NULL);
    IFACE(&world, "p2", "br0/p2/p2 type= ofport=-1 trunk tag=0");
    IFACE(&world, "p3", "br0/p3/p3 type= ofport=5 trunk tag=0");

    /* The same port again, with another row: no difference. */
    VSCTL(&world, "del-port p3 -- add-port br0 p3 -- set Interface p3 "
                  "ofport=5");
    CHANGED(&world, "||");
    IFACE(&world, "p3", "br0/p3/p3 type= ofport=5 trunk tag=0");
    VSCTL(&world, "del-port p3 -- add-port br0 p3");
    CHANGED(&world, "||p3");

    /* Another port has an interface of that name. */
    VSCTL(&world, "del-port p3 -- --id=@i create Interface name=p3 -- "
                  "--id=@p create Port name=x interfaces=@i -- "
                  "add Bridge br0 ports @p >/dev/null");
    CHANGED(&world, "||p3");
    IFACE(&world, "p3", "br0/x/p3 type= ofport=0 trunk tag=0");

    VSCTL(&world, "del-br br0");
    CHANGED(&world, "|br0|br0 p2 p3");
    CHECK(shash_is_empty(local_interfaces(world.local)));
    CHECK(shash_is_empty(local_bridges(world.local)));
    world_uninit(&world);
}

/* A number that the switch tells counts until the database has one. */
static void
test_noted_ofport(void)
{
    struct sset lost = SSET_INITIALIZER(&lost);
    struct world world;

    world_init(&world);
    VSCTL(&world, "add-br br0 -- add-port br0 p1 -- set Interface br0 "
                  "ofport=3");
    CHANGED(&world, "|br0|br0 p1");
    CHECK(!local_note_ofport(world.local, "br1", "p1", 7));
    CHECK(!local_note_ofport(world.local, "br0", "br0", 7));
    CHECK(local_note_ofport(world.local, "br0", "p1", 7));
    VSCTL(&world, "set Interface p1 external_ids:a=b");
    CHANGED(&world, "||p1");
    IFACE(&world, "p1", "br0/p1/p1 type= ofport=7 trunk tag=0");
    local_forget_ofports(world.local, "br0", &lost);
    CHECK(sset_count(&lost) == 1 && sset_contains(&lost, "p1"));

    /* The database says the same: no change.  From then on it is right. */
    CHECK(local_note_ofport(world.local, "br0", "p1", 8));
    VSCTL(&world, "set Interface p1 ofport=8");
    CHANGED(&world, "||");
    CHECK(!local_note_ofport(world.local, "br0", "p1", 0));

    /* Another row of that name is another port. */
    VSCTL(&world, "clear Interface p1 ofport");
    CHANGED(&world, "||p1");
    CHECK(local_note_ofport(world.local, "br0", "p1", 9));
    VSCTL(&world, "del-port p1 -- add-port br0 p1");
    CHANGED(&world, "||p1");
    IFACE(&world, "p1", "br0/p1/p1 type= ofport=0 trunk tag=0");
    sset_destroy(&lost);
    world_uninit(&world);
}

static void
test_vlans(void)
{
    static const struct {
        const char *set, *vlans;
    } cases[] = {
        { "tag=7", "access tag=7" },
        { "tag=7 trunks=3,1", "access tag=7" },
        { "tag=[] trunks=30,1,200", "trunk tag=0 trunks=1,30,200" },
        { "tag=7 vlan_mode=trunk", "trunk tag=0 trunks=1,30,200" },
        { "vlan_mode=native-untagged",
          "native-untagged tag=7 trunks=1,7,30,200" },
        { "vlan_mode=native-tagged trunks=0,7",
          "native-tagged tag=7 trunks=7" },
        { "trunks=[]", "native-tagged tag=7" },
        { "trunks=9 vlan_mode=access", "access tag=7" },
        { "vlan_mode=dot1q-tunnel", "dot1q-tunnel tag=7" },
        { "tag=[] vlan_mode=access", "access tag=0" },
        { "trunks=[] vlan_mode=[]", "trunk tag=0" },
        { "protected=true", "trunk tag=0 protected" },
    };
    struct world world;
    world_init(&world);

    VSCTL(&world, "add-br br0 -- add-port br0 p1 -- add-port br0 p2");
    CHANGED(&world, "|br0|br0 p1 p2");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        VSCTL(&world, "set Port p1 %s", cases[i].set);
        char *expected = xasprintf("br0/p1/p1 type= ofport=0 %s",
                                   cases[i].vlans);
        CHECK(settle(&world));
        IFACE(&world, "p1", expected);
        /* Trunks of an access port are of no consequence, for example. */
        bool same = i && !strcmp(cases[i].vlans, cases[i - 1].vlans);
        CHECK_STR(changed(&world), same ? "||" : "||p1");
        free(expected);
    }
    world_uninit(&world);
}

static void
test_bonds_and_bridges(void)
{
    struct world world;
    world_init(&world);

    VSCTL(&world, "add-br a -- add-br b -- add-port a p1 -- "
                  "add-bond a bond0 e0 e1");
    CHANGED(&world, "|a b|a b bond0 e0 e1 p1");
    IFACE(&world, "e0", "a/bond0/e0 type= ofport=0 trunk tag=0 bonded");
    VSCTL(&world, "add-bond-iface bond0 e2");
    CHANGED(&world, "||bond0 e2");
    CHECK(sset_contains(&local_bridge(world.local, "a")->interfaces, "e2"));
    VSCTL(&world, "del-bond-iface bond0 e0 -- del-bond-iface bond0 e1");
    CHANGED(&world, "||bond0 e0 e1 e2");
    CHECK(!local_port(world.local, "bond0"));
    IFACE(&world, "e2", "a/bond0/e2 type= ofport=0 trunk tag=0");
    CHECK_INT(sset_count(&local_bridge(world.local, "a")->interfaces), 3);

    /* From one bridge to the other: the row stays. */
    VSCTL(&world, "--id=@p get Port p1 -- remove Bridge a ports @p -- "
                  "add Bridge b ports @p");
    CHANGED(&world, "||p1");
    IFACE(&world, "p1", "b/p1/p1 type= ofport=0 trunk tag=0");
    CHECK_INT(sset_count(&local_bridge(world.local, "a")->interfaces), 2);
    CHECK_INT(sset_count(&local_bridge(world.local, "b")->interfaces), 2);

    VSCTL(&world, "set-fail-mode b secure -- set Bridge b "
                  "datapath_type=netdev other_config:forward-bpdu=true "
                  "rstp_enable=true");
    CHANGED(&world, "|b|");
    const struct local_bridge *b = local_bridge(world.local, "b");
    CHECK(b->fail_mode_secure && b->forward_bpdu && b->rstp && !b->stp);
    CHECK_STR(b->datapath_type, "netdev");
    CHECK_INT(sset_count(&b->interfaces), 2);

    /* Another bridge of the same name. */
    VSCTL(&world, "del-br b -- add-br b");
    CHANGED(&world, "|b|p1");
    CHECK_INT(sset_count(&local_bridge(world.local, "b")->interfaces), 1);
    world_uninit(&world);
}

static void
test_ids(void)
{
    struct world world;
    world_init(&world);

    VSCTL(&world, "add-br br0 -- add-port br0 p1 -- set Interface p1 "
                  "external_ids:nwfilter=web external_ids:iface-id=x");
    VSCTL(&world, "set Open_vSwitch . external_ids:nwfilter-bridge=br0");
    CHANGED(&world, "config|br0|br0 p1");
    CHECK_STR(smap_get(local_config(world.local), "nwfilter-bridge"), "br0");
    const struct local_interface *p1 = local_interface(world.local, "p1");
    CHECK_STR(smap_get(&p1->external_ids, "nwfilter"), "web");
    CHECK_STR(p1->status, NULL);

    /* Columns that nobody asked for. */
    VSCTL(&world, "set Interface p1 mtu_request=1400 other_config:a=b");
    CHANGED(&world, "||");

    VSCTL(&world, "set Interface p1 external_ids:nwfilter=db");
    CHANGED(&world, "||p1");
    VSCTL(&world, "remove Interface p1 external_ids iface-id");
    CHANGED(&world, "||p1");

    /* Somebody else writes the status. */
    VSCTL(&world, "set Interface p1 external_ids:nwfilter-status=installed");
    CHANGED(&world, "||p1");
    p1 = local_interface(world.local, "p1");
    CHECK_STR(p1->status, "installed");
    CHECK_STR(smap_get(&p1->external_ids, "nwfilter-status"), NULL);
    world_uninit(&world);
}

static char *
vsctl_get(struct world *world, const char *what)
{
    static char text[256];
    char *command = xasprintf("ovs-vsctl --timeout=120 --db=%s get %s",
                              world->server.remote, what);
    FILE *stream = popen(command, "r");

    if (!fgets(text, sizeof text, stream)) {
        text[0] = '\0';
    }
    text[strcspn(text, "\n")] = '\0';
    pclose(stream);
    free(command);
    return text;
}

static void
test_write(void)
{
    struct world world;
    world_init(&world);

    VSCTL(&world, "add-br br0 -- add-port br0 p1");
    CHANGED(&world, "|br0|br0 p1");
    CHECK(local_is_flushed(world.local));
    local_set_interface_id(world.local, "p1", "nwfilter-status", "learning");
    CHECK(!local_is_flushed(world.local));
    local_set_interface_id(world.local, "p1", "nwfilter-status", "installed");
    local_set_interface_id(world.local, "p1", "nwfilter-zone", "17");
    CHECK(until(&world, world_is_flushed));
    CHECK_STR(vsctl_get(&world, "Interface p1 external_ids"),
              "{nwfilter-status=installed, nwfilter-zone=\"17\"}");

    /* Our own writes are no change, but they are in the snapshot. */
    CHANGED(&world, "||");
    const struct local_interface *p1 = local_interface(world.local, "p1");
    CHECK_STR(p1->status, "installed");
    CHECK_STR(smap_get(&p1->external_ids, "nwfilter-zone"), "17");

    /* The present value: nothing to write. */
    local_set_interface_id(world.local, "p1", "nwfilter-status", "installed");
    CHECK(local_is_flushed(world.local));

    /* Taken away by somebody else: reported, and written again. */
    VSCTL(&world, "remove Interface p1 external_ids nwfilter-status");
    CHANGED(&world, "||p1");
    local_set_interface_id(world.local, "p1", "nwfilter-status", "installed");
    CHECK(until(&world, world_is_flushed));
    CHANGED(&world, "||");

    local_set_interface_id(world.local, "p1", "nwfilter-status", NULL);
    local_set_interface_id(world.local, "p1", "other", NULL);
    CHECK(until(&world, world_is_flushed));
    CHECK_STR(vsctl_get(&world, "Interface p1 external_ids"),
              "{nwfilter-zone=\"17\"}");
    CHANGED(&world, "||");

    /* For an interface that never was, and one that goes away. */
    local_set_interface_id(world.local, "p9", "nwfilter-status", "x");
    CHECK(local_is_flushed(world.local));
    server_kill(&world.server);
    local_set_interface_id(world.local, "p1", "nwfilter-status", "x");
    server_start(&world.server);
    VSCTL(&world, "del-port p1");
    CHECK(until(&world, world_is_flushed));
    CHANGED(&world, "||p1");
    world_uninit(&world);
}

#define N_PORTS 1000

static void
add_many_ports(struct world *world)
{
    char *script = xasprintf("%s/script", world->server.dir);
    FILE *stream = fopen(script, "w");

    fprintf(stream, "add-br br0");
    for (int i = 0; i < N_PORTS; i++) {
        fprintf(stream, " -- add-port br0 p%d", i);
    }
    fclose(stream);
    shell("xargs ovs-vsctl --no-wait --db=%s < %s", world->server.remote,
          script);
    free(script);
}

/* Others write keys of the same column all the time. */
static void
test_conflicting_writes(void)
{
    struct world world;
    world_init(&world);

    add_many_ports(&world);
    CHECK(settle(&world));
    fflush(NULL);
    pid_t writer = fork();
    if (!writer) {
        for (int i = 0; i < 60; i++) {
            VSCTL(&world,
                  "set Interface p%d external_ids:other=%d -- "
                  "remove Interface p%d external_ids none",
                  i % 20, i, i);
        }
        _exit(0);
    }
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < N_PORTS; i++) {
            char *name = xasprintf("p%d", i);
            char *value = xasprintf("%d", round);
            local_set_interface_id(world.local, name, "mine", value);
            free(name);
            free(value);
        }
        CHECK(until(&world, world_is_flushed));
    }
    int status;
    waitpid(writer, &status, 0);
    CHECK_INT(status, 0);
    CHECK(settle(&world));
    for (int i = 0; i < N_PORTS; i++) {
        char *name = xasprintf("p%d", i);
        const struct smap *ids =
            &local_interface(world.local, name)->external_ids;
        CHECK_STR(smap_get(ids, "mine"), "19");
        CHECK_INT(smap_get_int(ids, "other", -1), i < 20 ? 40 + i : -1);
        free(name);
    }
    world_uninit(&world);
}

static void
test_one_transaction_for_all(void)
{
    struct world world;
    world_init(&world);

    add_many_ports(&world);
    CHECK(settle(&world));
    for (int i = 0; i < N_PORTS; i++) {
        char *name = xasprintf("p%d", i);
        local_set_interface_id(world.local, name, "nwfilter-status",
                               "installed");
        free(name);
    }
    /* One iteration to send it, and few to receive it. */
    world.n_runs = 0;
    CHECK(until(&world, world_is_flushed));
    CHECK(world.n_runs < 20);
    shell("test `ovsdb-tool show-log %s/db | grep -c '^record'` -le 4",
          world.server.dir);
    world_uninit(&world);
}

static bool
world_is_connected(void *world_)
{
    const struct world *world = world_;

    return local_is_connected(world->local);
}

static bool
world_is_disconnected(void *world_)
{
    return !world_is_connected(world_);
}

static const char *
bond_to_string(struct world *world, const char *name)
{
    static char text[512];
    const struct local_interface *iface = local_port(world->local, name);
    const struct local_bond *bond = iface ? iface->bond : NULL;

    if (!bond) {
        return NULL;
    }

    int n = snprintf(text, sizeof text,
                     "%s/%s ofport=%d mode=%d%s%s active=%d", iface->bridge,
                     iface->name, iface->ofport, bond->mode,
                     bond->lacp ? " lacp" : "",
                     bond->lacp_negotiated ? " negotiated" : "", bond->active);
    for (size_t i = 0; i < bond->n_members; i++) {
        n += snprintf(text + n, sizeof text - n, " %s=%d",
                      bond->members[i].name, bond->members[i].ofport);
    }
    return text;
}

static void
test_bond(void)
{
    struct world world;
    world_init(&world);

    VSCTL(&world, "add-br a -- add-bond a bond e0 e1 -- "
                  "set Interface e0 ofport=4 -- set Interface e1 ofport=3");
    CHANGED(&world, "|a|a bond e0 e1");
    CHECK(strstr(bond_to_string(&world, "bond"),
                 "a/bond ofport=3 mode=0 active=0"));
    CHECK(!local_port(world.local, "e0"));
    VSCTL(&world, "set Port bond lacp=active bond_mode=balance-tcp");
    CHANGED(&world, "||bond");
    VSCTL(&world, "set Interface e0 mac_in_use=\\\"02:00:00:00:00:04\\\" -- "
                  "set Interface e1 mac_in_use=\\\"02:00:00:00:00:03\\\"");
    CHANGED(&world, "||");
    VSCTL(&world, "set Port bond "
                  "bond_active_slave=\\\"02:00:00:00:00:04\\\" -- "
                  "set Interface e1 lacp_current=true");
    CHANGED(&world, "||bond");
    CHECK(strstr(bond_to_string(&world, "bond"),
                 "a/bond ofport=3 mode=2 lacp negotiated active=4"));

    /* Another one with the name, and with an interface's. */
    VSCTL(&world, "del-port bond -- add-bond a bond e2 e3");
    CHANGED(&world, "||bond e0 e1 e2 e3");
    CHECK(strstr(bond_to_string(&world, "bond"),
                 "a/bond ofport=0 mode=0 active=0"));
    VSCTL(&world, "add-port a e4 -- add-bond-iface e4 e5");
    CHANGED(&world, "||e4 e5");
    CHECK(bond_to_string(&world, "e4"));
    VSCTL(&world, "del-bond-iface e4 e5");
    CHANGED(&world, "||e4 e5");
    CHECK(!bond_to_string(&world, "e4"));
    CHECK(local_port(world.local, "e4"));

    /* A new connection changes nothing by itself. */
    server_kill(&world.server);
    CHECK(until(&world, world_is_disconnected));
    server_start(&world.server);
    CHANGED(&world, "||");
    VSCTL(&world, "del-br a");
    CHANGED(&world, "|a|a bond e2 e3 e4");
    CHECK(shash_is_empty(local_bonds(world.local)));
    world_uninit(&world);
}

static void
test_reconnect(void)
{
    struct world world;
    world_init(&world);

    VSCTL(&world,
          "add-br br0 -- add-br br1 -- add-port br0 p1 -- "
          "add-port br0 p2 tag=3 -- set Interface p2 external_ids:a=b -- "
          "set Open_vSwitch . external_ids:x=y");
    CHANGED(&world, "config|br0 br1|br0 br1 p1 p2");
    local_set_interface_id(world.local, "p1", "nwfilter-status", "installed");
    CHECK(until(&world, world_is_flushed));

    /* Nothing is different. */
    server_kill(&world.server);
    CHECK(until(&world, world_is_disconnected));
    CHECK(local_is_ready(world.local));
    CHECK(local_interface(world.local, "p2") != NULL);
    server_start(&world.server);
    CHANGED(&world, "||");
    CHECK_INT(sset_count(&local_bridge(world.local, "br0")->interfaces), 3);

    /* Some things are, while nobody looks. */
    server_kill(&world.server);
    CHECK(until(&world, world_is_disconnected));
    local_set_interface_id(world.local, "p1", "nwfilter-status", "learning");
    server_start(&world.server);
    VSCTL(&world, "del-br br1 -- del-port p2 -- add-port br0 p3");
    CHANGED(&world, "|br1|br1 p2 p3");
    CHECK(until(&world, world_is_flushed));
    CHECK_STR(vsctl_get(&world, "Interface p1 external_ids:nwfilter-status"),
              "learning");
    CHANGED(&world, "||");

    /* A new, empty database. */
    server_kill(&world.server);
    shell("rm %s/db && ovsdb-tool create %s/db %s", world.server.dir,
          world.server.dir, VSWITCH_SCHEMA);
    server_start(&world.server);
    CHECK(until(&world, world_is_disconnected));
    CHECK(until(&world, world_is_connected));
    VSCTL(&world, "init");
    CHANGED(&world, "config|br0|br0 p1 p3");
    world_uninit(&world);
}

/* ovs-vswitchd is played by this test. */
static void
test_sync_waits_for_switch(void)
{
    struct world world;
    world_init(&world);

    CHECK(settle(&world));
    VSCTL(&world, "set Open_vSwitch . next_cfg=5");
    world.sync = local_sync_start(world.local);
    CHECK(!loop_until(world_run, world_wait, world_is_synced, &world, 300));
    VSCTL(&world, "set Open_vSwitch . next_cfg=6 cur_cfg=5");
    CHECK(until(&world, world_is_synced));

    /* A later barrier waits for more. */
    world.sync = local_sync_start(world.local);
    CHECK(!loop_until(world_run, world_wait, world_is_synced, &world, 300));
    VSCTL(&world, "set Open_vSwitch . cur_cfg=6");
    CHECK(until(&world, world_is_synced));
    world_uninit(&world);
}

/* Whatever was committed before the barrier has been seen after it. */
static void
test_sync_under_load(void)
{
    struct world world;
    world_init(&world);

    add_many_ports(&world);
    fflush(NULL);
    pid_t writer = fork();
    if (!writer) {
        for (int i = 0;; i++) {
            VSCTL(&world, "set Interface p%d external_ids:i=%d", 1 + i % 900,
                  i);
        }
    }
    for (int i = 0; i < 40; i++) {
        char *value = xasprintf("%d", i);
        VSCTL(&world, "set Interface p0 external_ids:n=%d", i);
        CHECK(settle(&world));
        const struct local_interface *p0 = local_interface(world.local, "p0");
        CHECK_STR(smap_get(&p0->external_ids, "n"), value);
        free(value);
    }
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    world_uninit(&world);
}

static void
test_sync_across_reconnect(void)
{
    struct world world;
    world_init(&world);

    VSCTL(&world, "add-br br0");
    CHECK(settle(&world));

    /* Asked while there is no server. */
    server_kill(&world.server);
    CHECK(until(&world, world_is_disconnected));
    world.sync = local_sync_start(world.local);
    CHECK(!loop_until(world_run, world_wait, world_is_synced, &world, 500));
    server_start(&world.server);
    CHECK(until(&world, world_is_synced));

    /* The request is on its way when the server dies. */
    for (int i = 0; i < 5; i++) {
        server_freeze(&world.server);
        world.sync = local_sync_start(world.local);
        CHECK(
            !loop_until(world_run, world_wait, world_is_synced, &world, 100));
        server_kill(&world.server);
        server_start(&world.server);
        VSCTL(&world, "add-port br0 q%d", i);
        CHECK(until(&world, world_is_synced));
    }
    CHECK(local_interface(world.local, "q3") != NULL);

    /* The server starts its monitors anew, on the same connection. */
    for (int i = 0; i < 5; i++) {
        world.sync = local_sync_start(world.local);
        world_run(&world);
        shell("ovsdb-client convert %s %s", world.server.remote,
              VSWITCH_SCHEMA);
        VSCTL(&world, "add-port br0 r%d", i);
        CHECK(settle(&world));
        char *name = xasprintf("r%d", i);
        CHECK(local_interface(world.local, name) != NULL);
        free(name);
    }
    world_uninit(&world);
}

/* Nothing to do means nothing done, with a server and without. */
static void
test_idle(void)
{
    struct world world;
    world_init(&world);

    CHECK(settle(&world));
    CHECK(loop_is_idle(world_run, world_wait, &world, &world.n_runs, 5, 1000));

    server_kill(&world.server);
    CHECK(until(&world, world_is_disconnected));
    CHECK(
        loop_is_idle(world_run, world_wait, &world, &world.n_runs, 20, 1000));
    world_uninit(&world);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    RUN(test_ready);
    RUN(test_add_remove_rename);
    RUN(test_noted_ofport);
    RUN(test_vlans);
    RUN(test_bond);
    RUN(test_bonds_and_bridges);
    RUN(test_ids);
    RUN(test_write);
    RUN(test_conflicting_writes);
    RUN(test_one_transaction_for_all);
    RUN(test_reconnect);
    RUN(test_sync_waits_for_switch);
    RUN(test_sync_under_load);
    RUN(test_sync_across_reconnect);
    RUN(test_idle);
    return CHECK_RESULT();
}
