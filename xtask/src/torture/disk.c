/*
 * A disk that can fail, between a server and the real one (LD_PRELOAD).
 *
 * Every change to files below PEAKEND_DISK_ROOT is counted and, when
 * PEAKEND_DISK_LOG names a file, written down there in the order in which it
 * happened, so that what a power cut would have left can be worked out later.
 * PEAKEND_DISK_POINT="CALL:PATTERN:K:ACTION" lets the K-th CALL on a file whose
 * name fits PATTERN go wrong. Counting starts at once, or, when
 * PEAKEND_DISK_ARM names a file, as soon as that file is there.
 *
 * CALL    create write sync truncate rename unlink any change (write or sync)
 * ACTION  eio enospc short kill-before kill-half kill-after; with "!" behind
 *         it, eio and enospc stay for good
 *
 * Syncs do not reach the real disk: they wait PEAKEND_DISK_SYNC_US instead.
 * A record is: call (1 byte), nanoseconds since 1970, inode, offset (8 each),
 * length (4), then as many bytes of data, all in the machine's own order.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MOST_FILES 65536
enum { OPENED = 'o', CREATED = 'c', WRITTEN = 'w', CUT = 't', BEGUN = 's', SYNCED = 'e', RENAMED = 'r', REMOVED = 'u', FOLDER = 'm' };
enum { NOTHING, EIO_NOW, ENOSPC_NOW, SHORT, KILL_HALF, KILL_AFTER };

static struct { uint64_t inode; char *name; } files[MOST_FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char root[PATH_MAX], call_wanted[16], pattern[256], action[24];
static size_t root_length;
static const char *arm;
static int log_fd = -1, armed, stays;
static long wanted, seen, sync_us = 500;

static void start(void) {
    const char *text = getenv("PEAKEND_DISK_ROOT");
    if (!text || !realpath(text, root)) return;
    root_length = strlen(root);
    if ((text = getenv("PEAKEND_DISK_LOG")))
        log_fd = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if ((text = getenv("PEAKEND_DISK_SYNC_US"))) sync_us = atol(text);
    arm = getenv("PEAKEND_DISK_ARM");
    armed = arm == NULL;
    if ((text = getenv("PEAKEND_DISK_POINT")) &&
        sscanf(text, "%15[^:]:%255[^:]:%ld:%23[^:]", call_wanted, pattern, &wanted, action) == 4) {
        size_t last = strlen(action) - 1;
        if (action[last] == '!') { stays = 1; action[last] = 0; }
    } else {
        wanted = 0;
    }
}

static void note(int call, uint64_t inode, uint64_t offset, const void *data, uint32_t length) {
    if (log_fd < 0) return;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    unsigned char head[29];
    uint64_t at = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    head[0] = (unsigned char)call;
    memcpy(head + 1, &at, 8);
    memcpy(head + 9, &inode, 8);
    memcpy(head + 17, &offset, 8);
    memcpy(head + 25, &length, 4);
    struct iovec parts[2] = { { head, sizeof head }, { (void *)data, length } };
    syscall(SYS_writev, log_fd, parts, length ? 2 : 1);
}

static void say(const char *what, const char *call, const char *name) {
    char line[512];
    int n = snprintf(line, sizeof line, "disk: %s at %s %ld of %s\n", what, call, seen, name);
    if (n > 0) syscall(SYS_write, 2, line, (size_t)n);
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

/* Whether this call is the one that goes wrong, and how. Holding the lock. */
static int trouble(const char *call, const char *path) {
    if (!wanted) return NOTHING;
    int change = !strcmp(call, "write") || !strcmp(call, "sync");
    if (strcmp(call_wanted, "any") && strcmp(call_wanted, call) && !(change && !strcmp(call_wanted, "change")))
        return NOTHING;
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (fnmatch(pattern, name, 0)) return NOTHING;
    if (!armed && !(armed = syscall(SYS_faccessat, AT_FDCWD, arm, F_OK) == 0)) return NOTHING;
    seen++;
    if (seen != wanted && !(stays && seen > wanted)) return NOTHING;
    say(action, call, name);
    if (!strcmp(action, "eio")) return EIO_NOW;
    if (!strcmp(action, "enospc")) return ENOSPC_NOW;
    if (!strcmp(action, "short")) return SHORT;
    if (!strcmp(action, "kill-before")) die();
    if (!strcmp(action, "kill-half")) return KILL_HALF;
    return !strcmp(action, "kill-after") ? KILL_AFTER : NOTHING;
}

static int failed(int how) {
    if (how != EIO_NOW && how != ENOSPC_NOW) return 0;
    errno = how == EIO_NOW ? EIO : ENOSPC;
    return 1;
}

static int ours(const char *path, char *whole) {
    pthread_once(&once, start);
    if (!root_length || !path) return 0;
    if (path[0] == '/') {
        if (strlen(path) >= PATH_MAX) return 0;
        strcpy(whole, path);
    } else {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here) || strlen(here) + strlen(path) + 2 > PATH_MAX) return 0;
        stpcpy(stpcpy(stpcpy(whole, here), "/"), path);
    }
    size_t n = strlen(whole);
    /* the index of the write-ahead log is shared memory: no disk keeps it through a power cut */
    if (n > 4 && !strcmp(whole + n - 4, "-shm")) return 0;
    return !strncmp(whole, root, root_length) && (whole[root_length] == '/' || !whole[root_length]);
}

static int known(int fd) {
    return fd >= 0 && fd < MOST_FILES && files[fd].name;
}

static int opening(int folder, const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    if ((folder != AT_FDCWD && path[0] != '/') || !ours(path, whole))
        return (int)syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, whole, F_OK) != 0;
    int how = is_new ? trouble("create", whole) : NOTHING;
    int fd = failed(how) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, whole, flags, mode);
    if (fd >= 0 && fd < MOST_FILES) {
        struct stat about;
        files[fd].inode = fstat(fd, &about) == 0 ? about.st_ino : 0;
        files[fd].name = strdup(whole);
        note(is_new ? CREATED : OPENED, files[fd].inode, S_ISDIR(about.st_mode), whole, strlen(whole));
        if (!is_new && (flags & O_TRUNC)) note(CUT, files[fd].inode, 0, NULL, 0);
    }
    if (how >= KILL_HALF) die();
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags) mode_t mode = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }
int open(const char *path, int flags, ...) { MODE(flags) return opening(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opening(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return opening(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return opening(folder, path, flags, mode); }

int close(int fd) {
    if (known(fd)) {
        pthread_mutex_lock(&lock);
        free(files[fd].name);
        files[fd].name = NULL;
        pthread_mutex_unlock(&lock);
    }
    return (int)syscall(SYS_close, fd);
}

/* Write at an offset, or at the file's own position when it is negative. */
static ssize_t writing(int fd, const void *data, size_t length, off_t offset) {
    pthread_mutex_lock(&lock);
    int how = trouble("write", files[fd].name);
    ssize_t done = -1;
    if (!failed(how)) {
        off_t at = offset;
        if (at < 0) {
            int append = fcntl(fd, F_GETFL) & O_APPEND;
            at = syscall(SYS_lseek, fd, 0, append ? SEEK_END : SEEK_CUR);
        }
        size_t part = (how == SHORT || how == KILL_HALF) && length > 1 ? length / 2 : length;
        done = offset < 0 ? syscall(SYS_write, fd, data, part) : syscall(SYS_pwrite64, fd, data, part, offset);
        if (done > 0) note(WRITTEN, files[fd].inode, (uint64_t)at, data, (uint32_t)done);
    }
    if (how >= KILL_HALF) die();
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) {
    return known(fd) ? writing(fd, data, length, -1) : syscall(SYS_write, fd, data, length);
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return known(fd) ? writing(fd, data, length, offset) : syscall(SYS_pwrite64, fd, data, length, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    return known(fd) ? writing(fd, data, length, offset) : syscall(SYS_pwrite64, fd, data, length, offset);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (!known(fd)) return syscall(SYS_writev, fd, parts, count);
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len) return writing(fd, parts[i].iov_base, parts[i].iov_len, -1);
    return 0;
}

static int syncing(int fd, long number) {
    if (!known(fd)) return (int)syscall(number, fd);
    pthread_mutex_lock(&lock);
    uint64_t inode = files[fd].inode;
    int how = trouble("sync", files[fd].name);
    if (!failed(how)) note(BEGUN, inode, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    if (failed(how)) return -1;
    if (sync_us > 0) usleep((useconds_t)sync_us);
    pthread_mutex_lock(&lock);
    note(SYNCED, inode, 0, NULL, 0);
    if (how >= KILL_HALF) die();
    pthread_mutex_unlock(&lock);
    return 0;
}
int fsync(int fd) { return syncing(fd, SYS_fsync); }
int fdatasync(int fd) { return syncing(fd, SYS_fdatasync); }

static int cutting(int fd, off64_t length) {
    if (!known(fd)) return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    int how = trouble("truncate", files[fd].name);
    int result = failed(how) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
    if (result == 0) note(CUT, files[fd].inode, (uint64_t)length, NULL, 0);
    if (how >= KILL_HALF) die();
    pthread_mutex_unlock(&lock);
    return result;
}
int ftruncate(int fd, off_t length) { return cutting(fd, length); }
int ftruncate64(int fd, off64_t length) { return cutting(fd, length); }

int rename(const char *from, const char *to) {
    char before[PATH_MAX], after[PATH_MAX], both[2 * PATH_MAX];
    if (!ours(from, before) || !ours(to, after)) return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    pthread_mutex_lock(&lock);
    int how = trouble("rename", after);
    int result = failed(how) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, before, AT_FDCWD, after, 0);
    size_t n = strlen(before) + 1;
    memcpy(both, before, n);
    strcpy(both + n, after);
    if (result == 0) note(RENAMED, 0, 0, both, (uint32_t)(n + strlen(after)));
    if (how >= KILL_HALF) die();
    pthread_mutex_unlock(&lock);
    return result;
}

static int removing(const char *path, int flags) {
    char whole[PATH_MAX];
    if (!ours(path, whole)) return (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags);
    pthread_mutex_lock(&lock);
    int how = trouble("unlink", whole);
    int result = failed(how) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, whole, flags);
    if (result == 0) note(REMOVED, 0, 0, whole, strlen(whole));
    if (how >= KILL_HALF) die();
    pthread_mutex_unlock(&lock);
    return result;
}
int unlink(const char *path) { return removing(path, 0); }
int rmdir(const char *path) { return removing(path, AT_REMOVEDIR); }

int mkdir(const char *path, mode_t mode) {
    char whole[PATH_MAX];
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (result == 0 && ours(path, whole)) {
        pthread_mutex_lock(&lock);
        note(FOLDER, 0, 0, whole, strlen(whole));
        pthread_mutex_unlock(&lock);
    }
    return result;
}
