/*
 * For tests of a real process on a machine that misbehaves: a time of day that is off, and files that cannot be
 * written. Loaded with LD_PRELOAD. TALOS_SHIM names a file of 16 bytes, mapped, so that a test changes it meanwhile:
 *   0  int64  seconds that are added to the time of day
 *   8  int32  errno that writing and syncing fail with; 0 while the disk works, -1 when they never return
 *  12  int32  errno that reading fails with
 * TALOS_SHIM_FILES is the beginning of the names of the files that fail.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile struct {
  int64_t offset;
  int32_t writing;
  int32_t reading;
} *control;
static const char *failing;

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("TALOS_SHIM");
  failing = getenv("TALOS_SHIM_FILES");
  int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void *map = mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
  if (map != MAP_FAILED) control = map;
  close(fd);
}

static int fails(int fd, int error) {
  if (error == 0 || failing == NULL) return 0;
  char link[64], target[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, target, sizeof target - 1);
  if (length < 0) return 0;
  target[length] = 0;
  if (strncmp(target, failing, strlen(failing)) != 0) return 0;
  while (error < 0) pause();
  errno = error;
  return 1;
}

#define FAILING(result, name, how, parameters, arguments)        \
  result name parameters {                                       \
    static result(*real) parameters;                             \
    if (real == NULL) real = (result(*) parameters)next(#name);  \
    if (control != NULL && fails(fd, control->how)) return -1;   \
    return real arguments;                                       \
  }

FAILING(ssize_t, write, writing, (int fd, const void *data, size_t size), (fd, data, size))
FAILING(ssize_t, pwrite, writing, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
FAILING(ssize_t, pwrite64, writing, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
FAILING(int, ftruncate, writing, (int fd, off_t size), (fd, size))
FAILING(int, ftruncate64, writing, (int fd, off64_t size), (fd, size))
FAILING(int, fsync, writing, (int fd), (fd))
FAILING(int, fdatasync, writing, (int fd), (fd))
FAILING(ssize_t, read, reading, (int fd, void *data, size_t size), (fd, data, size))
FAILING(ssize_t, pread, reading, (int fd, void *data, size_t size, off_t at), (fd, data, size, at))
FAILING(ssize_t, pread64, reading, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))

int clock_gettime(clockid_t id, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (real == NULL) real = (int (*)(clockid_t, struct timespec *))next("clock_gettime");
  int result = real(id, now);
  if (result == 0 && control != NULL && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
    now->tv_sec += control->offset;
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  static int (*real)(struct timeval *, void *);
  if (real == NULL) real = (int (*)(struct timeval *, void *))next("gettimeofday");
  int result = real(now, zone);
  if (result == 0 && control != NULL && now != NULL) now->tv_sec += control->offset;
  return result;
}

time_t time(time_t *now) {
  struct timeval precise;
  gettimeofday(&precise, NULL);
  if (now != NULL) *now = precise.tv_sec;
  return precise.tv_sec;
}
