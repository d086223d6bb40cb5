/* A Modbus TCP server by libmodbus, on the port named on the command line. Answers any unit. */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdlib.h>
#include <sys/select.h>
#include <unistd.h>

int main(int argc, char **argv) {
  modbus_t *ctx = modbus_new_tcp("127.0.0.1", atoi(argv[argc - 1]));
  modbus_mapping_t *map = modbus_mapping_new(100, 100, 100, 100);
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  map->tab_registers[0] = 215;
  map->tab_registers[1] = 0xFF33;
  map->tab_registers[99] = 99;
  map->tab_input_registers[0] = 42;
  map->tab_bits[3] = 1;
  map->tab_input_bits[9] = 1;
  int server = modbus_tcp_listen(ctx, 8), top = server;
  fd_set all, ready;
  FD_ZERO(&all);
  FD_SET(server, &all);
  for (;;) {
    ready = all;
    if (select(top + 1, &ready, NULL, NULL, NULL) < 0) return 1;
    for (int fd = 0; fd <= top; fd++) {
      if (!FD_ISSET(fd, &ready)) continue;
      if (fd == server) {
        int client = server;
        modbus_tcp_accept(ctx, &client);
        client = modbus_get_socket(ctx);
        FD_SET(client, &all);
        if (client > top) top = client;
      } else {
        modbus_set_socket(ctx, fd);
        int length = modbus_receive(ctx, query);
        if (length > 0) modbus_reply(ctx, query, length, map);
        else if (length < 0) { close(fd); FD_CLR(fd, &all); }
      }
    }
  }
}
