/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Stands in for libFuzzer where the compiler has none: gives each file named
 * on the command line to the fuzz target, once. */

#include <stdio.h>

#include "tests/fuzz/fuzz.h"

/* Returns false if the file can not be read. */
static bool
replay(const char *name)
{
    FILE *stream = fopen(name, "rb");
    if (!stream) {
        perror(name);
        return false;
    }

    /* Exactly as long as the file, so that a sanitizer sees each byte read
     * past its end. */
    uint8_t *data = NULL;
    size_t size = 0;
    bool ok = !fseek(stream, 0, SEEK_END) && ftell(stream) >= 0;
    if (ok) {
        size = ftell(stream);
        rewind(stream);
        data = malloc(size);
        ok = data && fread(data, 1, size, stream) == size;
    }
    fclose(stream);

    if (ok) {
        LLVMFuzzerTestOneInput(data, size);
    } else {
        fprintf(stderr, "%s: read error\n", name);
    }
    free(data);
    return ok;
}

int
main(int argc, char *argv[])
{
    int status = EXIT_SUCCESS;

    for (int i = 1; i < argc; i++) {
        if (!replay(argv[i])) {
            status = EXIT_FAILURE;
        }
    }
    return status;
}
