/*
 * golden.h: reads the recordings of tests/data/golden (its README is ../shared/README.md): one
 * WebSocket connection a .jsonl file, one message a line; .rest.json beside it is the same SQL over
 * REST. For tests only; a broken recording ends the test program with a text.
 */
#ifndef TD_TESTS_GOLDEN_H
#define TD_TESTS_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct golden_msg {
    bool to_server; /* c2s */
    bool text;
    uint8_t *p; /* NUL-terminated behind n */
    size_t n;
    char *note; /* what a request is; NULL when not said */
};
struct golden {
    char *path; /* of the WebSocket */
    size_t count;
    struct golden_msg *msg;
};
struct golden *golden_load(const char *file);
void golden_free(struct golden *g);

/* Every regular file below `dir` whose name ends with `suffix`, sorted; NULL-terminated. */
char **golden_files(const char *dir, const char *suffix);
void golden_files_free(char **files);

/* A whole file, NUL-terminated. NULL when it cannot be read. */
char *golden_read(const char *file, size_t *n);
/* status and body of a .rest.json. False when there is no such file. */
bool golden_rest(const char *file, int *status, char **body);

#endif
