/* Reads a hundred registers again and again: port and count on the command line. Prints microseconds of CPU a request and requests a second. */
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double cpu(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

int main(int argc, char **argv) {
  modbus_t *ctx = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
  int count = atoi(argv[2]);
  uint16_t words[100];
  struct timespec from, to;
  if (argc < 3 || modbus_connect(ctx) < 0) return 1;
  double before = cpu();
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int n = 0; n < count; n++)
    if (modbus_read_registers(ctx, 0, 100, words) != 100) return 1;
  clock_gettime(CLOCK_MONOTONIC, &to);
  double seconds = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9;
  printf("%.3f %.1f\n", (cpu() - before) / count, count / seconds);
  return 0;
}
