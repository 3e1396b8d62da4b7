/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/policy.h"

#include "openvswitch/dynamic-string.h"
#include "tests/unit/check.h"
#include "tests/unit/ovsdb-server.h"

/* A server, a session of host "h1", and what has changed. */
struct world {
    struct server server;
    struct policy_db *policy;
    struct policy_changes changes;
    uint64_t sync; /* What settle() waits for. */
    unsigned int n_runs;
};

static void
world_run(void *world_)
{
    struct world *world = world_;

    world->n_runs++;
    policy_run(world->policy, &world->changes);
}

static void
world_wait(void *world_)
{
    struct world *world = world_;

    policy_wait(world->policy);
}

static bool
world_is_synced(void *world_)
{
    const struct world *world = world_;

    return policy_synced(world->policy) >= world->sync;
}

static bool
world_wants_filters(void *world_)
{
    const struct world *world = world_;

    return policy_wants_shipped_filters(world->policy);
}

static bool
world_has_filters(void *world_)
{
    const struct world *world = world_;

    return !shash_is_empty(policy_filters(world->policy));
}

static bool
world_is_disconnected(void *world_)
{
    const struct world *world = world_;

    return !policy_is_connected(world->policy);
}

static bool
until(struct world *world, bool (*done)(void *))
{
    return loop_until(world_run, world_wait, done, world, 60000);
}

static bool
settle(struct world *world)
{
    world->sync = policy_sync_start(world->policy);
    return until(world, world_is_synced);
}

static void
world_connect(struct world *world, const char *remotes)
{
    world->policy = policy_create(remotes, "h1");
    policy_changes_init(&world->changes);
    world->n_runs = 0;
}

static void
world_init(struct world *world)
{
    char *schema = source_file("ovsdb/nwfilter.ovsschema");
    server_init(&world->server, schema);
    free(schema);
    world_connect(world, world->server.remote);
}

static void
world_uninit(struct world *world)
{
    policy_destroy(world->policy);
    policy_changes_uninit(&world->changes);
    server_uninit(&world->server);
}

/* Runs operations (RFC 7047, 5.2), written with ' for ". */
static void __attribute__((__sentinel__)) transact(const char *remote, ...)
{
    struct ds ops = DS_EMPTY_INITIALIZER;
    const char *op;
    va_list args;

    va_start(args, remote);
    while ((op = va_arg(args, const char *))) {
        ds_put_format(&ops, ",%s", op);
    }
    va_end(args);
    for (char *p = ds_cstr(&ops); (p = strchr(p, '\''));) {
        *p = '"';
    }
    shell("ovsdb-client transact %s '[\"OVS_NWFilter\"%s]' > /dev/null",
          remote, ds_cstr(&ops));
    ds_destroy(&ops);
}

#define DB(WORLD, ...) transact((WORLD)->server.remote, __VA_ARGS__, NULL)

#define INSERT(TABLE, COLUMNS) \
    "{'op':'insert','table':'" TABLE "','row':{" COLUMNS "}}"
#define UPDATE(TABLE, COLUMN, VALUE, COLUMNS)     \
    "{'op':'update','table':'" TABLE "','where':" \
    "[['" COLUMN "','==','" VALUE "']],'row':{" COLUMNS "}}"
#define DELETE(TABLE, COLUMN, VALUE)              \
    "{'op':'delete','table':'" TABLE "','where':" \
    "[['" COLUMN "','==','" VALUE "']]}"

static void
put_sorted(struct ds *s, const struct sset *names)
{
    const char **sorted = sset_sort(names);

    for (size_t i = 0; sorted[i]; i++) {
        ds_put_format(s, "%s%s", i ? " " : "", sorted[i]);
    }
    free(sorted);
}

/* Returns what changed, as "FILTER...|BINDING...|SET...", and forgets it. */
static const char *
changed(struct world *world)
{
    static char text[1024];
    struct ds s = DS_EMPTY_INITIALIZER;

    put_sorted(&s, &world->changes.filters);
    ds_put_char(&s, '|');
    put_sorted(&s, &world->changes.bindings);
    ds_put_char(&s, '|');
    put_sorted(&s, &world->changes.sets);
    ovs_strlcpy(text, ds_cstr(&s), sizeof text);
    ds_destroy(&s);
    policy_changes_uninit(&world->changes);
    policy_changes_init(&world->changes);
    return text;
}

#define CHANGED(WORLD, EXPECTED) \
    (CHECK(settle(WORLD)), CHECK_STR(changed(WORLD), EXPECTED))

static void
test_filters(void)
{
    struct world world;
    world_init(&world);

    CHECK(!policy_is_ready(world.policy));
    CHANGED(&world, "||");
    CHECK(policy_is_ready(world.policy));
    DB(&world, INSERT("Filter", "'name':'a','xml':'<filter/>'"),
       INSERT("Filter", "'name':'b','xml':'x','compat':true"));
    CHANGED(&world, "a b||");
    CHECK_STR(policy_filter(world.policy, "a")->xml, "<filter/>");
    CHECK(!policy_filter(world.policy, "a")->compat);
    CHECK(policy_filter(world.policy, "b")->compat);
    CHECK(!policy_filter(world.policy, "c"));
    CHECK_INT(shash_count(policy_filters(world.policy)), 2);

    DB(&world, UPDATE("Filter", "name", "a", "'xml':'y'"));
    CHANGED(&world, "a||");
    CHECK_STR(policy_filter(world.policy, "a")->xml, "y");
    /* Of no consequence. */
    DB(&world,
       UPDATE("Filter", "name", "a", "'external_ids':['map',[['k','v']]]"));
    CHANGED(&world, "||");
    DB(&world, DELETE("Filter", "name", "a"));
    CHANGED(&world, "a||");
    CHECK(!policy_filter(world.policy, "a"));

    /* The same text in another row. */
    DB(&world, DELETE("Filter", "name", "b"),
       INSERT("Filter", "'name':'b','xml':'x','compat':true"));
    CHANGED(&world, "||");
    CHECK_STR(policy_filter(world.policy, "b")->xml, "x");
    world_uninit(&world);
}

static const char *
bound_filter(const struct world *world, const char *port)
{
    const struct policy_binding *binding = policy_binding(world->policy, port);

    return binding ? binding->filter : NULL;
}

static void
test_bindings(void)
{
    struct world world;
    world_init(&world);

    DB(&world,
       INSERT("Binding", "'port':'p','filter':'any',"
                         "'mac':'52:54:00:00:00:01',"
                         "'params':['map',[['IP','10.0.0.1,10.0.0.2']]]"),
       INSERT("Binding", "'port':'p','host':'h2','filter':'two'"));
    CHANGED(&world, "|p|");
    const struct policy_binding *p = policy_binding(world.policy, "p");
    CHECK_STR(p->filter, "any");
    CHECK_STR(p->host, "");
    CHECK_STR(p->mac, "52:54:00:00:00:01");
    CHECK_STR(smap_get(&p->params, "IP"), "10.0.0.1,10.0.0.2");

    /* One for this host wins, and gives way again. */
    DB(&world, INSERT("Binding", "'port':'p','host':'h1','filter':'one'"));
    CHANGED(&world, "|p|");
    CHECK_STR(bound_filter(&world, "p"), "one");
    DB(&world, UPDATE("Binding", "host", "", "'filter':'other'"));
    CHANGED(&world, "||");
    DB(&world, DELETE("Binding", "host", "h1"));
    CHANGED(&world, "|p|");
    CHECK_STR(bound_filter(&world, "p"), "other");

    /* Another port. */
    DB(&world, UPDATE("Binding", "host", "", "'port':'q'"));
    CHANGED(&world, "|p q|");
    CHECK_STR(bound_filter(&world, "p"), NULL);
    CHECK_STR(bound_filter(&world, "q"), "other");

    /* This host gets another name. */
    policy_configure(world.policy, world.server.remote, "h2");
    CHANGED(&world, "|p|");
    CHECK_STR(bound_filter(&world, "p"), "two");
    CHECK_STR(bound_filter(&world, "q"), "other");
    policy_configure(world.policy, world.server.remote, "h1");
    CHANGED(&world, "|p|");
    CHECK_STR(bound_filter(&world, "p"), NULL);
    world_uninit(&world);
}

static void
test_sets(void)
{
    struct world world;
    world_init(&world);

    DB(&world,
       INSERT("Address_Set", "'name':'s','type':'hash:ip',"
                             "'entries':['set',['10.0.0.1','10.0.0.2']]"));
    CHANGED(&world, "||s");
    const struct policy_set *set = policy_set(world.policy, "s");
    CHECK_STR(set->type, "hash:ip");
    CHECK_INT(sset_count(&set->entries), 2);
    DB(&world, "{'op':'mutate','table':'Address_Set','where':[],'mutations':"
               "[['entries','insert',['set',['10.0.0.3']]]]}");
    CHANGED(&world, "||s");
    CHECK(sset_contains(&policy_set(world.policy, "s")->entries, "10.0.0.3"));
    DB(&world, DELETE("Address_Set", "name", "s"));
    CHANGED(&world, "||s");
    CHECK(!policy_set(world.policy, "s"));
    world_uninit(&world);
}

static void
test_reconnect(void)
{
    struct world world;
    world_init(&world);

    DB(&world, INSERT("Filter", "'name':'a','xml':'1'"),
       INSERT("Filter", "'name':'b','xml':'2'"),
       INSERT("Binding", "'port':'p','filter':'a'"),
       INSERT("Address_Set", "'name':'s','type':'hash:ip'"));
    CHANGED(&world, "a b|p|s");

    /* The last good policy stays, and nothing is different. */
    server_kill(&world.server);
    CHECK(until(&world, world_is_disconnected));
    CHECK(policy_is_ready(world.policy));
    CHECK_STR(policy_filter(world.policy, "b")->xml, "2");
    server_start(&world.server);
    CHANGED(&world, "||");

    server_kill(&world.server);
    CHECK(until(&world, world_is_disconnected));
    server_start(&world.server);
    DB(&world, DELETE("Filter", "name", "a"),
       UPDATE("Filter", "name", "b", "'xml':'3'"),
       DELETE("Binding", "port", "p"), DELETE("Address_Set", "name", "s"));
    CHANGED(&world, "a b|p|s");
    CHECK_STR(policy_filter(world.policy, "b")->xml, "3");

    /* A request is on its way when the server dies. */
    for (int i = 0; i < 5; i++) {
        server_freeze(&world.server);
        world.sync = policy_sync_start(world.policy);
        CHECK(
            !loop_until(world_run, world_wait, world_is_synced, &world, 100));
        server_kill(&world.server);
        server_start(&world.server);
        CHECK(until(&world, world_is_synced));
    }
    world_uninit(&world);
}

/* The last good policy also stays while another server is asked. */
static void
test_other_remote(void)
{
    struct world a, b;
    world_init(&a);
    world_init(&b);

    DB(&a, INSERT("Filter", "'name':'x','xml':'1'"),
       INSERT("Filter", "'name':'y','xml':'1'"));
    DB(&b, INSERT("Filter", "'name':'y','xml':'1'"),
       INSERT("Filter", "'name':'z','xml':'1'"));
    CHANGED(&a, "x y||");
    policy_configure(a.policy, "unix:/nonexistent/socket", "h1");
    CHECK(until(&a, world_is_disconnected));
    CHECK(policy_filter(a.policy, "x") != NULL);

    /* One of two servers does not answer. */
    char *remotes = xasprintf("unix:/nonexistent/socket,%s", b.server.remote);
    policy_configure(a.policy, remotes, "h1");
    free(remotes);
    CHANGED(&a, "x z||");
    world_uninit(&a);
    world_uninit(&b);
}

static void
test_shipped_filters(void)
{
    struct world world, other;
    struct shash xml = SHASH_INITIALIZER(&xml);
    world_init(&world);
    world_connect(&other, world.server.remote);

    shash_add(&xml, "f1", "<filter name='f1'/>");
    shash_add(&xml, "f2", "<filter name='f2'/>");
    CHECK(!policy_wants_shipped_filters(world.policy));
    CHECK(until(&world, world_wants_filters));
    CHECK(until(&other, world_wants_filters));

    /* Two hosts at once: one of them succeeds. */
    policy_add_filters(world.policy, &xml);
    policy_add_filters(other.policy, &xml);
    CHECK(!policy_wants_shipped_filters(world.policy));
    CHECK(until(&world, world_has_filters));
    CHECK(until(&other, world_has_filters));
    CHECK(settle(&other));
    CHANGED(&world, "f1 f2||");
    CHECK_STR(policy_filter(world.policy, "f2")->xml, "<filter name='f2'/>");

    /* Who removes them does not get them back. */
    DB(&world, DELETE("Filter", "name", "f1"), DELETE("Filter", "name", "f2"));
    CHANGED(&world, "f1 f2||");
    CHECK(!policy_wants_shipped_filters(world.policy));
    policy_destroy(other.policy);
    policy_changes_uninit(&other.changes);
    shash_destroy(&xml);
    world_uninit(&world);
}

/* A filter that somebody defined while the shipped ones were on their way
 * stays as it is. */
static void
test_shipped_filters_too_late(void)
{
    struct world world;
    struct shash xml = SHASH_INITIALIZER(&xml);
    world_init(&world);

    shash_add(&xml, "f1", "shipped");
    CHECK(until(&world, world_wants_filters));
    DB(&world, INSERT("Filter", "'name':'f1','xml':'mine'"));
    policy_add_filters(world.policy, &xml);
    CHANGED(&world, "f1||");
    CHECK_STR(policy_filter(world.policy, "f1")->xml, "mine");
    CHECK(!policy_wants_shipped_filters(world.policy));
    shash_destroy(&xml);
    world_uninit(&world);
}

static void
test_host_row(void)
{
    struct world world;
    world_init(&world);

    CHECK(settle(&world));
    CHECK(settle(&world));
    shell("ovsdb-client -f csv dump %s OVS_NWFilter Host name sync version "
          "> %s/host",
          world.server.remote, world.server.dir);
    shell("grep -Fqx 'h1,2,\"\"\"%s\"\"\"' %s/host", PACKAGE_VERSION,
          world.server.dir);
    world_uninit(&world);
}

/* A host that may only read gets an answer, too. */
static void
test_read_only(void)
{
    struct world world;
    world_init(&world);

    char *target = xasprintf("%s/read-only", world.server.dir);
    char *remote = xasprintf("unix:%s", target);
    char *row = xasprintf("'target':'punix:%s','read_only':true", target);
    char *connection = xasprintf("{'op':'insert','table':'Connection',"
                                 "'uuid-name':'c','row':{%s}}",
                                 row);
    DB(&world, connection, INSERT("Filter", "'name':'a'"),
       INSERT("Policy_Global", "'connections':['named-uuid','c']"));
    free(row);
    free(connection);
    server_kill(&world.server);
    world.server.option = "--remote=db:OVS_NWFilter,Policy_Global,connections";
    server_start(&world.server);
    policy_configure(world.policy, remote, "h3");
    CHANGED(&world, "a||");
    DB(&world, INSERT("Filter", "'name':'b'"));
    CHANGED(&world, "b||");
    shell("test `ovsdb-client dump -f csv %s OVS_NWFilter Host name "
          "| grep -c h3` = 0",
          world.server.remote);
    free(target);
    free(remote);
    world_uninit(&world);
}

/* What was written through another server has been seen after the barrier. */
static void
check_sync_elsewhere(struct world *world, const char *writer)
{
    for (int i = 0; i < 30; i++) {
        char *ops = xasprintf(INSERT("Filter", "'name':'f%d'"), i);
        char *name = xasprintf("f%d", i);
        transact(writer, ops, NULL);
        CHECK(settle(world));
        CHECK(policy_filter(world->policy, name) != NULL);
        free(ops);
        free(name);
    }
}

static void
test_relay(void)
{
    struct world world;
    world_init(&world);

    struct server relay = world.server;
    snprintf(relay.remote, sizeof relay.remote, "unix:%s/relay", relay.dir);
    char *source = xasprintf("relay:OVS_NWFilter:%s", world.server.remote);
    server_start_db(&relay, source);
    free(source);
    policy_configure(world.policy, relay.remote, "h1");
    check_sync_elsewhere(&world, world.server.remote);
    server_kill(&relay);
    world_uninit(&world);
}

static void
test_cluster(void)
{
    struct world world;
    struct server servers[3];
    char *schema = source_file("ovsdb/nwfilter.ovsschema");
    world_init(&world);

    for (int i = 0; i < 3; i++) {
        char *db = xasprintf("%s/db%d", world.server.dir, i);
        servers[i] = world.server;
        snprintf(servers[i].remote, sizeof servers[i].remote, "unix:%s/sock%d",
                 world.server.dir, i);
        if (!i) {
            shell("ovsdb-tool create-cluster %s %s unix:%s/raft0 2>/dev/null",
                  db, schema, world.server.dir);
        } else {
            shell("ovsdb-tool join-cluster %s OVS_NWFilter unix:%s/raft%d "
                  "unix:%s/raft0",
                  db, world.server.dir, i, world.server.dir);
        }
        server_start_db(&servers[i], db);
        shell("ovsdb-client -vconsole:off --timeout=120 wait %s OVS_NWFilter "
              "connected",
              servers[i].remote);
        free(db);
    }
    policy_configure(world.policy, servers[2].remote, "h1");
    check_sync_elsewhere(&world, servers[1].remote);

    /* Its server dies: another one has all of it. */
    char *remotes = xasprintf("%s,%s,%s", servers[2].remote, servers[1].remote,
                              servers[0].remote);
    policy_configure(world.policy, remotes, "h1");
    free(remotes);
    CHANGED(&world, "f0 f1 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f2 f20 f21 "
                    "f22 f23 f24 f25 f26 f27 f28 f29 f3 f4 f5 f6 f7 f8 f9||");
    server_kill(&servers[2]);
    transact(servers[0].remote, INSERT("Filter", "'name':'g'"), NULL);
    CHANGED(&world, "g||");
    for (int i = 0; i < 3; i++) {
        server_kill(&servers[i]);
    }
    free(schema);
    world_uninit(&world);
}

static void
test_idle(void)
{
    struct world world;
    world_init(&world);

    CHECK(settle(&world));
    CHECK(loop_is_idle(world_run, world_wait, &world, &world.n_runs, 5, 1000));
    server_kill(&world.server);
    CHECK(until(&world, world_is_disconnected));
    struct smap addresses = SMAP_CONST1(&addresses, "10.0.0.1", "dhcp");
    policy_set_leases(world.policy, "guest", "port", &addresses);
    policy_sync_start(world.policy);
    CHECK(
        loop_is_idle(world_run, world_wait, &world, &world.n_runs, 20, 1000));
    world_uninit(&world);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    RUN(test_filters);
    RUN(test_bindings);
    RUN(test_sets);
    RUN(test_reconnect);
    RUN(test_other_remote);
    RUN(test_shipped_filters);
    RUN(test_shipped_filters_too_late);
    RUN(test_host_row);
    RUN(test_read_only);
    RUN(test_relay);
    RUN(test_cluster);
    RUN(test_idle);
    return CHECK_RESULT();
}
