/* A Modbus TCP server by libmodbus, on the port named on the command line. Answers any unit; both register tables hold fifty floats that move. */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

/* Register 2n of either table: between 20 and 30, every other one in tenths as cheap sensors give them, the rest with all their digits. */
static void move(modbus_mapping_t *map, unsigned turn) {
  for (int n = 0; n < 50; n++) {
    float value = n % 2 ? 20.0f + (float)((turn + n * 7) % 100) / 10.0f : 20.0f + (float)((turn * 7919u + n * 104729u) % 1000003u) / 100003.0f;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    map->tab_registers[2 * n] = map->tab_input_registers[2 * n] = bits >> 16;
    map->tab_registers[2 * n + 1] = map->tab_input_registers[2 * n + 1] = bits & 0xFFFF;
  }
}

int main(int argc, char **argv) {
  modbus_t *ctx = modbus_new_tcp("127.0.0.1", atoi(argv[argc - 1]));
  modbus_mapping_t *map = modbus_mapping_new(100, 100, 100, 100);
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  unsigned turn = 0;
  int server = modbus_tcp_listen(ctx, 32), top = server;
  fd_set all, ready;
  FD_ZERO(&all);
  FD_SET(server, &all);
  move(map, 0);
  for (;;) {
    ready = all;
    if (select(top + 1, &ready, NULL, NULL, NULL) < 0) return 1;
    for (int fd = 0; fd <= top; fd++) {
      if (!FD_ISSET(fd, &ready)) continue;
      if (fd == server) {
        modbus_tcp_accept(ctx, &server);
        int client = modbus_get_socket(ctx);
        FD_SET(client, &all);
        if (client > top) top = client;
      } else {
        modbus_set_socket(ctx, fd);
        int length = modbus_receive(ctx, query);
        if (length > 0) {
          if (++turn % 64 == 0) move(map, turn);
          modbus_reply(ctx, query, length, map);
        } else if (length < 0) { close(fd); FD_CLR(fd, &all); }
      }
    }
  }
}
