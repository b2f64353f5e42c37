// Loaded before the C library, stops the program at its N-th operation on files below a folder.
// CRASH_ROOT: the folder. CRASH_COUNT: a file of three longs. In the first all processes of a command
// count together; the second says at which operation something happens (0: at none); the third
// what: 0 kills, a number below 0 sends that signal, and one above 0 is the error that this and all
// later operations that need room on the disk fail with.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DONE, AT, HOW, LONGS };
static long *count;
static char root[PATH_MAX];
static size_t root_length;

#define REAL(name) \
    static typeof(&name) real; \
    if (!real) real = (typeof(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("CRASH_ROOT"), *file = getenv("CRASH_COUNT");
    if (!folder || !file) return;
    strncpy(root, folder, sizeof root - 1);
    root_length = strlen(root);
    int (*open_file)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int handle = open_file(file, O_RDWR);
    if (handle < 0) return;
    size_t size = LONGS * sizeof *count;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close(handle);
    if (memory != MAP_FAILED) count = memory;
}

// Counts an operation; returns the error that it fails with, or 0.
static int step(int needs_room) {
    if (!count) return 0;
    long number = __atomic_add_fetch(&count[DONE], 1, __ATOMIC_SEQ_CST);
    if (!count[AT] || number < count[AT]) return 0;
    if (count[HOW] > 0) return needs_room ? (int)count[HOW] : 0;
    if (number == count[AT]) kill(getpid(), count[HOW] ? (int)-count[HOW] : SIGKILL);
    return 0;
}

#define STEP(needs_room) \
    do { \
        int wrong = step(needs_room); \
        if (wrong) { \
            errno = wrong; \
            return -1; \
        } \
    } while (0)

static int is_ours(const char *path) {
    return count && path && !strncmp(path, root, root_length);
}

static int is_open_ours(int handle) {
    char link[64], path[PATH_MAX];
    if (!count) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

// A folder and a name in it: ours if the name is below the root, or the folder is.
static int is_ours_in(int folder, const char *path) {
    return is_ours(path) || (path && path[0] != '/' && folder != AT_FDCWD && is_open_ours(folder));
}

#define CHANGES (O_WRONLY | O_RDWR | O_CREAT)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = va_arg(more, mode_t); \
        va_end(more); \
        if (is_ours(path) && (flags & CHANGES)) STEP(flags & O_CREAT); \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = va_arg(more, mode_t); \
        va_end(more); \
        if (is_ours_in(folder, path) && (flags & CHANGES)) STEP(flags & O_CREAT); \
        return real(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int handle, const void *data, size_t size) {
    REAL(write);
    if (is_open_ours(handle)) {
        STEP(1);
        if (size > 1 && count[DONE] + 1 == count[AT]) {  // stopped at the next one: write a part before
            ssize_t part = real(handle, data, size / 2);
            step(0);
            return part;
        }
    }
    return real(handle, data, size);
}

#define WRITE(kind, name, parameters, arguments) \
    kind name parameters { \
        REAL(name); \
        if (is_open_ours(handle)) STEP(1); \
        return real arguments; \
    }
WRITE(ssize_t, writev, (int handle, const struct iovec *parts, int many), (handle, parts, many))
WRITE(ssize_t, pwrite, (int handle, const void *data, size_t size, off_t at),
      (handle, data, size, at))
WRITE(ssize_t, pwrite64, (int handle, const void *data, size_t size, off64_t at),
      (handle, data, size, at))
WRITE(ssize_t, sendfile, (int handle, int from, off_t *at, size_t size), (handle, from, at, size))
WRITE(ssize_t, sendfile64, (int handle, int from, off64_t *at, size_t size),
      (handle, from, at, size))
WRITE(int, fsync, (int handle), (handle))
WRITE(int, fdatasync, (int handle), (handle))
WRITE(int, fallocate, (int handle, int mode, off_t at, off_t size), (handle, mode, at, size))

#define CHANGE(name, is_it, needs_room, parameters, arguments) \
    int name parameters { \
        REAL(name); \
        if (is_it) STEP(needs_room); \
        return real arguments; \
    }
CHANGE(ftruncate, is_open_ours(handle), 0, (int handle, off_t length), (handle, length))
CHANGE(ftruncate64, is_open_ours(handle), 0, (int handle, off64_t length), (handle, length))
CHANGE(fchmod, is_open_ours(handle), 0, (int handle, mode_t mode), (handle, mode))
CHANGE(chmod, is_ours(path), 0, (const char *path, mode_t mode), (path, mode))
CHANGE(rename, is_ours(from) || is_ours(to), 0, (const char *from, const char *to), (from, to))
CHANGE(renameat, is_ours_in(one, from) || is_ours_in(other, to), 0,
       (int one, const char *from, int other, const char *to), (one, from, other, to))
CHANGE(link, is_ours(from) || is_ours(to), 1, (const char *from, const char *to), (from, to))
CHANGE(linkat, is_ours_in(one, from) || is_ours_in(other, to), 1,
       (int one, const char *from, int other, const char *to, int flags),
       (one, from, other, to, flags))
CHANGE(symlink, is_ours(path), 1, (const char *to, const char *path), (to, path))
CHANGE(unlink, is_ours(path), 0, (const char *path), (path))
CHANGE(unlinkat, is_ours_in(folder, path), 0, (int folder, const char *path, int flags),
       (folder, path, flags))
CHANGE(mkdir, is_ours(path), 1, (const char *path, mode_t mode), (path, mode))
CHANGE(mkdirat, is_ours_in(folder, path), 1, (int folder, const char *path, mode_t mode),
       (folder, path, mode))
CHANGE(rmdir, is_ours(path), 0, (const char *path), (path))
