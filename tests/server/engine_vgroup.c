/* engine_vgroup.c: which vgroup a table lies in: TDengine hashes its full name with MurmurHash3 and
   cuts the hashes' range into equal parts (confirmed by golden/stmt2/partial_failure). */
#include "engine_vgroup.h"

#include <stdio.h>
#include <string.h>

static uint32_t rotl(uint32_t v, int n)
{
    return v << n | v >> (32 - n);
}

static uint32_t murmur3(const uint8_t *p, size_t n)
{
    uint32_t h = 0x12345678, k;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        memcpy(&k, p + i, 4);
        h ^= rotl(k * 0xcc9e2d51u, 15) * 0x1b873593u;
        h = rotl(h, 13) * 5 + 0xe6546b64u;
    }
    k = 0;
    for (size_t j = n; j > i; j--)
        k = k << 8 | p[j - 1];
    if (n > i) h ^= rotl(k * 0xcc9e2d51u, 15) * 0x1b873593u;
    h ^= (uint32_t)n;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

int tl_vgroup_of(const char *db, const char *table, int vgroups)
{
    char full[300];
    if (vgroups < 1) return 0;
    const int n = snprintf(full, sizeof full, "1.%s.%s", db, table);
    const uint64_t part = (1ULL << 32) / (uint64_t)vgroups;
    const uint64_t at = murmur3((const uint8_t *)full, (size_t)n) / part;
    return at < (uint64_t)vgroups ? (int)at : vgroups - 1;
}
