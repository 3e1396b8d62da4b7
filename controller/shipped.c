/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/shipped.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/document.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb/policy.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter.h"

VLOG_DEFINE_THIS_MODULE(shipped);

char *
shipped_folder(void)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    struct stat st;

    if (n > 0) {
        static const char *const places[] = { "../filters", "../../filters",
                                              "../../../filters" };

        exe[n] = '\0';
        *strrchr(exe, '/') = '\0';
        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
            char *path = xasprintf("%s/%s", exe, places[i]);
            char *probe = xasprintf("%s/clean-traffic.xml", path);
            bool found = !stat(probe, &st);

            free(probe);
            if (found) {
                return path;
            }
            free(path);
        }
    }
    return xstrdup(NWFILTER_PKGDATADIR "/filters");
}

static void
add_document(struct shash *xml, const char *path)
{
    struct nw_parse_options options = { .compat = false };
    struct nw_diags diags = { .n = 0 };
    struct document document;
    char *error = document_read(path, &document);

    if (error) {
        VLOG_WARN("%s: %s", path, error);
        free(error);
        document_uninit(&document);
        return;
    }

    struct nw_filter *filter = nw_filter_parse(document.text, document.size,
                                               path, &options, &diags);

    if (filter) {
        shash_add_once(xml, filter->name, xstrdup(document.text));
    } else {
        error = nw_diags_first_error(&diags);
        VLOG_WARN("%s", error);
        free(error);
    }
    nw_filter_destroy(filter);
    nw_diags_clear(&diags);
    document_uninit(&document);
}

void
shipped_load(struct policy_db *policy)
{
    struct shash xml = SHASH_INITIALIZER(&xml);
    char *folder = shipped_folder();
    DIR *dir = opendir(folder);
    struct dirent *de;

    if (!dir) {
        VLOG_WARN("%s: shipped filters can not be read (%s)", folder,
                  ovs_strerror(errno));
    }
    while (dir && (de = readdir(dir))) {
        size_t n = strlen(de->d_name);

        if (n > 4 && !strcmp(de->d_name + n - 4, ".xml")) {
            char *path = xasprintf("%s/%s", folder, de->d_name);

            add_document(&xml, path);
            free(path);
        }
    }
    if (dir) {
        closedir(dir);
    }
    policy_add_filters(policy, &xml);
    shash_destroy_free_data(&xml);
    free(folder);
}
