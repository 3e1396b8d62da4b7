/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/arena.h"

#include <stdlib.h>
#include <string.h>

#include "xml/mem.h"

enum {
    /* The first chunk, and the largest: each is twice the one before.  Most
     * documents are small, and there may be thousands of them. */
    ARENA_FIRST = 1024,
    ARENA_MAX = 16 * 1024,
    ARENA_ALIGN = sizeof(max_align_t),
};

struct chunk {
    struct chunk *next;
    size_t used, size; /* Of 'data'. */
    max_align_t data[];
};

struct nw_arena {
    struct chunk *chunks; /* The one in use first. */
};

struct nw_arena *
nw_arena_create(void)
{
    return nw_xzalloc(sizeof(struct nw_arena));
}

void
nw_arena_destroy(struct nw_arena *arena)
{
    if (!arena) {
        return;
    }
    while (arena->chunks) {
        struct chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
    free(arena);
}

/* Adds a chunk for 'size' bytes and others. */
static struct chunk *
add_chunk(struct nw_arena *arena, size_t size)
{
    size_t last = arena->chunks ? arena->chunks->size : ARENA_FIRST / 2;
    size_t wanted = last < ARENA_MAX / 2 ? last * 2 : ARENA_MAX;
    size_t n = size > wanted ? size : wanted;
    struct chunk *chunk = nw_xzalloc(sizeof *chunk + n);

    chunk->size = n;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

/* Returns 'size' zeroed bytes at a multiple of 'align', a power of two. */
static void *
take(struct nw_arena *arena, size_t size, size_t align)
{
    struct chunk *chunk = arena->chunks;
    size_t start = 0;

    if (chunk) {
        start = (chunk->used + align - 1) / align * align;
    }
    if (!chunk || start > chunk->size || size > chunk->size - start) {
        chunk = add_chunk(arena, size);
        start = 0;
    }
    chunk->used = start + size;
    return (char *) chunk->data + start;
}

void *
nw_arena_alloc(struct nw_arena *arena, size_t size)
{
    return take(arena, size, ARENA_ALIGN);
}

char *
nw_arena_strdup(struct nw_arena *arena, const char *s)
{
    return nw_arena_memdup0(arena, s, strlen(s));
}

char *
nw_arena_memdup0(struct nw_arena *arena, const char *s, size_t n)
{
    char *copy = take(arena, n + 1, 1);
    memcpy(copy, s, n);
    return copy;
}
