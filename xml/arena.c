/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/arena.h"

#include <stdlib.h>
#include <string.h>

#include "xml/mem.h"

enum {
    ARENA_CHUNK = 16 * 1024,
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

static struct chunk *
add_chunk(struct nw_arena *arena, size_t size)
{
    struct chunk *chunk = nw_xzalloc(sizeof *chunk + size);
    chunk->size = size;
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
        chunk = add_chunk(arena, size > ARENA_CHUNK ? size : ARENA_CHUNK);
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
