/* replay_main.c: runs a fuzz target over every file of the folders given (builds without
 * libFuzzer). */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];
    int done = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        for (struct dirent *e; folder && (e = readdir(folder));) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "rb");
            size_t n = f ? fread(data, 1, sizeof data, f) : 0;
            if (!f || fclose(f) != 0) continue;
            uint8_t *exact = malloc(n + !n); /* so that a read behind the end is seen */
            done += exact && LLVMFuzzerTestOneInput(memcpy(exact, data, n), n) == 0;
            free(exact);
        }
        if (folder) closedir(folder);
    }
    return done == 0;
}
