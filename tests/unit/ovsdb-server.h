/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_OVSDB_SERVER_H
#define TESTS_UNIT_OVSDB_SERVER_H 1

/* A private ovsdb-server in a temporary directory. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "tests/unit/check.h"
#include "timeval.h"
#include "util.h"

#define VSWITCH_SCHEMA "/usr/share/openvswitch/vswitch.ovsschema"

struct server {
    char dir[64];
    char remote[128];   /* "unix:..." */
    const char *option; /* Another command line option, or NULL. */
    pid_t pid;          /* 0 if it does not run. */
};

/* Runs a shell command.  The test fails if that does. */
static void OVS_PRINTF_FORMAT(1, 2) shell(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *command = xvasprintf(format, args);
    va_end(args);

    int status = system(command);
    if (status) {
        check_state.failed_checks++;
        printf("# wait status %d: %s\n", status, command);
    }
    free(command);
}

/* Looks for a file of the source tree in all folders above this program. */
static inline char *
source_file(const char *name)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    ovs_assert(n > 0);
    exe[n] = '\0';

    for (char *slash; (slash = strrchr(exe, '/'));) {
        *slash = '\0';
        char *path = xasprintf("%s/%s", exe, name);
        if (!access(path, R_OK)) {
            return path;
        }
        free(path);
    }
    printf("# %s not found\n", name);
    exit(1);
}

/* Whether somebody listens; the socket's name is there a moment earlier. */
static inline bool
server_listens(const struct server *server)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ovs_strzcpy(un.sun_path, server->remote + strlen("unix:"),
                sizeof un.sun_path);

    bool listens = !connect(fd, (struct sockaddr *) &un, sizeof un);

    close(fd);
    return listens;
}

/* Serves what is in 'db': a file, or "relay:..." */
static inline void
server_start_db(struct server *server, const char *db)
{
    char *socket_path = server->remote + strlen("unix:");

    fflush(NULL);
    server->pid = fork();
    if (!server->pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open("/dev/null", O_RDWR);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        execlp("ovsdb-server", "ovsdb-server", "--no-chdir", "-vconsole:off",
               xasprintf("--remote=p%s", server->remote),
               xasprintf("--unixctl=%s.ctl", socket_path), db, server->option,
               NULL);
        _exit(127);
    }
    for (int i = 0; i < 6000 && !server_listens(server); i++) {
        usleep(10000);
    }
    ovs_assert(server_listens(server));
}

static inline void
server_start(struct server *server)
{
    char *db = xasprintf("%s/db", server->dir);
    server_start_db(server, db);
    free(db);
}

/* Stops the server for as long as it lives. */
static inline void
server_freeze(const struct server *server)
{
    kill(server->pid, SIGSTOP);
    waitpid(server->pid, NULL, WUNTRACED);
}

/* Kills the server without giving it a chance to say goodbye. */
static inline void
server_kill(struct server *server)
{
    if (server->pid) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        unlink(server->remote + strlen("unix:"));
        server->pid = 0;
    }
}

static inline void
server_init(struct server *server, const char *schema)
{
    /* A server that is killed must not take the test along. */
    signal(SIGPIPE, SIG_IGN);
    server->option = NULL;
    strcpy(server->dir, "/tmp/nwf-test-XXXXXX");
    ovs_assert(mkdtemp(server->dir));
    snprintf(server->remote, sizeof server->remote, "unix:%s/sock",
             server->dir);
    shell("ovsdb-tool create %s/db %s", server->dir, schema);
    server_start(server);
}

static inline void
server_uninit(struct server *server)
{
    server_kill(server);
    shell("rm -rf %s", server->dir);
}

/* Calls run() and wait() until 'done' returns true.  Returns false if that
 * takes more than 'timeout' ms. */
static inline bool
loop_until(void (*run)(void *), void (*wait)(void *), bool (*done)(void *),
           void *aux, int timeout)
{
    long long int deadline = time_msec() + timeout;

    for (;;) {
        run(aux);
        if (done(aux)) {
            return true;
        }
        if (time_msec() >= deadline) {
            return false;
        }
        wait(aux);
        poll_timer_wait_until(deadline);
        poll_block();
    }
}

/* Calls run() and wait() for 'ms'; each run() increments '*n_runs'.  Returns
 * true if there were fewer than 'most', now or in one of a few further
 * attempts: what is left to do from before may take its time. */
static inline bool
loop_is_idle(void (*run)(void *), void (*wait)(void *), void *aux,
             const unsigned int *n_runs, unsigned int most, int ms)
{
    for (int i = 0; i < 10; i++) {
        long long int end = time_msec() + ms;
        unsigned int before = *n_runs;

        while (time_msec() < end) {
            run(aux);
            wait(aux);
            poll_timer_wait_until(end);
            poll_block();
        }
        if (*n_runs - before < most) {
            return true;
        }
        printf("# %u runs\n", *n_runs - before);
    }
    return false;
}

#endif /* tests/unit/ovsdb-server.h */
