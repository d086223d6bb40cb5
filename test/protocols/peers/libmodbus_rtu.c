/* A Modbus RTU unit by libmodbus: serial port, speed and unit id are named on the command line. Says "ready" once the port is open. */
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  modbus_t *ctx = modbus_new_rtu(argv[1], atoi(argv[2]), 'N', 8, 1);
  modbus_mapping_t *map = modbus_mapping_new(100, 100, 100, 100);
  uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
  if (argc < 4 || modbus_set_slave(ctx, atoi(argv[3])) < 0 || modbus_connect(ctx) < 0) return 1;
  map->tab_registers[0] = 215;
  map->tab_registers[1] = 0xFF33;
  map->tab_registers[99] = 99;
  map->tab_input_registers[0] = 42;
  map->tab_bits[3] = 1;
  map->tab_input_bits[9] = 1;
  puts("ready");
  fflush(stdout);
  for (;;) {
    int length = modbus_receive(ctx, query);
    if (length > 0) modbus_reply(ctx, query, length, map);
  }
}
