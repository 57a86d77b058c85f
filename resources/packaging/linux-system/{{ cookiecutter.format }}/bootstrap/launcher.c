/* Starts start.py, which lies in ../lib/NAME beside this program, with the system's Python.
 *
 * Python is isolated (-I) and knows nothing but its standard library (-S): no variable, no current folder and no other
 * package of the system or the person puts a module of its own in the place of ours. Bytecode is kept in the person's
 * cache folder, since the program's own belongs to the system; where there is no such folder, none is written.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int bytecode_option(char *option, size_t room) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int wrote = -1;
    if (cache && cache[0] == '/')
        wrote = snprintf(option, room, "pycache_prefix=%s/%s/bytecode", cache, NAME);
    else if (home && home[0] == '/')
        wrote = snprintf(option, room, "pycache_prefix=%s/.cache/%s/bytecode", home, NAME);
    return wrote > 0 && (size_t)wrote < room;
}

int main(int argc, char **argv) {
    char self[PATH_MAX], script[PATH_MAX], bytecode[PATH_MAX + 32];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) {
        perror("/proc/self/exe");
        return 127;
    }
    self[length] = 0;
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = 0;
    }
    if (snprintf(script, sizeof script, "%s/lib/%s/start.py", self, NAME) >= (int)sizeof script)
        return 127;
    char **words = calloc((size_t)argc + 10, sizeof *words);
    if (!words)
        return 127;
    int count = 0;
    words[count++] = PYTHON;
    words[count++] = "-I";
    words[count++] = "-S";
    words[count++] = "-X";
    words[count++] = "utf8";
    if (bytecode_option(bytecode, sizeof bytecode)) {
        words[count++] = "-X";
        words[count++] = bytecode;
    } else {
        words[count++] = "-B";
    }
    words[count++] = script;
    for (int i = 1; i < argc; i++)
        words[count++] = argv[i];
    execv(PYTHON, words);
    perror(PYTHON);
    return 127;
}
