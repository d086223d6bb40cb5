/*
 * Put before a process (LD_PRELOAD) it writes down, in order, everything that process does to the files below RECORD_BELOW: what a disk would
 * have to keep. What goes to a file that ends in .said is a word of the process itself, in its place among the writes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 4096
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char *paths[MOST_FILES];
static int log_file = -1;
static const char *below;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off64_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_open = dlsym(RTLD_NEXT, "open64");
  real_openat = dlsym(RTLD_NEXT, "openat64");
  real_close = dlsym(RTLD_NEXT, "close");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  below = getenv("RECORD_BELOW");
  const char *to = getenv("RECORD_TO");
  if (below && to) log_file = real_open(to, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static int is_ours(const char *path) { return below && path && strncmp(path, below, strlen(below)) == 0; }

static void put(const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t done = real_write(log_file, at, length);
    if (done <= 0) abort();
    at += done;
    length -= (size_t)done;
  }
}

static void record(char what, const char *path, uint64_t offset, const void *data, uint32_t length) {
  uint32_t name = (uint32_t)strlen(path);
  put(&what, 1);
  put(&name, 4);
  put(path, name);
  put(&offset, 8);
  put(&length, 4);
  if (length > 0) put(data, length);
}

static const char *path_of(int fd) { return fd >= 0 && fd < MOST_FILES ? paths[fd] : NULL; }

static void opened(int fd, const char *path, int flags, int existed) {
  if (fd < 0 || fd >= MOST_FILES || !is_ours(path)) return;
  free(paths[fd]);
  paths[fd] = strdup(path);
  if (!existed && (flags & O_CREAT)) record('c', path, 0, NULL, 0);
  else if (existed && (flags & O_TRUNC)) record('t', path, 0, NULL, 0);
}

static int opening(int at, const char *path, int flags, mode_t mode) {
  pthread_mutex_lock(&turn);
  struct stat there;
  int existed = is_ours(path) && stat(path, &there) == 0;
  int fd = real_openat(at, path, flags, mode);
  opened(fd, path, flags, existed);
  pthread_mutex_unlock(&turn);
  return fd;
}

#define MODE(flags)                                                                                                                        \
  mode_t mode = 0;                                                                                                                         \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                                                 \
    va_list rest;                                                                                                                          \
    va_start(rest, flags);                                                                                                                 \
    mode = va_arg(rest, mode_t);                                                                                                           \
    va_end(rest);                                                                                                                          \
  }

int open(const char *path, int flags, ...) {
  MODE(flags)
  return opening(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE(flags)
  return opening(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int at, const char *path, int flags, ...) {
  MODE(flags)
  return opening(at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
  MODE(flags)
  return opening(at, path, flags | O_LARGEFILE, mode);
}

int close(int fd) {
  pthread_mutex_lock(&turn);
  if (fd >= 0 && fd < MOST_FILES && paths[fd]) {
    free(paths[fd]);
    paths[fd] = NULL;
  }
  int result = real_close(fd);
  pthread_mutex_unlock(&turn);
  return result;
}

static void written(int fd, uint64_t offset, const void *data, ssize_t length) {
  const char *path = path_of(fd);
  if (!path || length <= 0) return;
  size_t name = strlen(path);
  record(name > 5 && strcmp(path + name - 5, ".said") == 0 ? 'a' : 'w', path, offset, data, (uint32_t)length);
}

ssize_t write(int fd, const void *data, size_t length) {
  if (!path_of(fd)) return real_write(fd, data, length);
  pthread_mutex_lock(&turn);
  off64_t at = lseek64(fd, 0, SEEK_CUR);
  ssize_t done = real_write(fd, data, length);
  written(fd, (uint64_t)at, data, done);
  pthread_mutex_unlock(&turn);
  return done;
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (!path_of(fd)) return real_writev(fd, parts, count);
  ssize_t total = 0;
  for (int each = 0; each < count; each++) {
    ssize_t done = write(fd, parts[each].iov_base, parts[each].iov_len);
    if (done < 0) return total > 0 ? total : done;
    total += done;
  }
  return total;
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
  if (!path_of(fd)) return real_pwrite(fd, data, length, at);
  pthread_mutex_lock(&turn);
  ssize_t done = real_pwrite(fd, data, length, at);
  written(fd, (uint64_t)at, data, done);
  pthread_mutex_unlock(&turn);
  return done;
}

static int synced(int fd, int (*act)(int)) {
  pthread_mutex_lock(&turn);
  int result = act(fd);
  if (result == 0 && path_of(fd)) record('s', path_of(fd), 0, NULL, 0);
  pthread_mutex_unlock(&turn);
  return result;
}
int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int ftruncate64(int fd, off64_t size) {
  pthread_mutex_lock(&turn);
  int result = real_ftruncate(fd, size);
  if (result == 0 && path_of(fd)) record('t', path_of(fd), (uint64_t)size, NULL, 0);
  pthread_mutex_unlock(&turn);
  return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int rename(const char *from, const char *to) {
  pthread_mutex_lock(&turn);
  int result = real_rename(from, to);
  if (result == 0 && is_ours(from)) record('r', from, 0, to, (uint32_t)strlen(to));
  pthread_mutex_unlock(&turn);
  return result;
}
int unlink(const char *path) {
  pthread_mutex_lock(&turn);
  int result = real_unlink(path);
  if (result == 0 && is_ours(path)) record('u', path, 0, NULL, 0);
  pthread_mutex_unlock(&turn);
  return result;
}
