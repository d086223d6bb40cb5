/** From Telegraf's plugins/inputs/modbus/sample_register.conf (MIT), shortened. */
export const registerStyle = `[[inputs.modbus]]
  name = "Device"
  slave_id = 1
  timeout = "1s"
  controller = "tcp://localhost:502"
  # baud_rate = 9600
  discrete_inputs = [
    { name = "start",          address = [0]},
    { name = "emergency_stop", address = [3]},
  ]
  coils = [
    { name = "motor1_run",     address = [0]},
  ]
  holding_registers = [
    { name = "power_factor", byte_order = "AB",   data_type = "FIXED", scale=0.01,  address = [8]},
    { name = "voltage",      byte_order = "AB",   data_type = "FIXED", scale=0.1,   address = [0]},
    { name = "energy",       byte_order = "ABCD", data_type = "FIXED", scale=0.001, address = [5,6]},
    { name = "current",      byte_order = "ABCD", data_type = "FIXED", scale=0.001, address = [1,2]},
    { name = "frequency",    byte_order = "AB",   data_type = "UFIXED", scale=0.1,  address = [7]},
    { name = "power",        byte_order = "ABCD", data_type = "UFIXED", scale=0.1,  address = [3,4]},
    { name = "firmware",     byte_order = "AB",   data_type = "STRING", address = [5, 6, 7, 8, 9, 10, 11, 12]},
  ]
`

/** From its sample_request.conf, shortened; the serial line is from sample_general_begin.conf. */
export const requestStyle = `[[inputs.modbus]]
  name = "Meter"
  controller = "file:///dev/ttyUSB0"
  baud_rate = 19200
  parity = "E"
  interval = "1m30s"
  busy_retries = 2
  configuration_type = "request"
  [[inputs.modbus.request]]
    slave_id = 3
    byte_order = "DCBA"
    register = "holding"
    fields = [
      { address=0, name="voltage",      type="INT16",   scale=0.1   },
      { address=1, name="current",      type="INT32",   scale=0.001 },
      { address=3, name="power",        type="UINT32",  omit=true   },
      { address=5, name="energy",       type="FLOAT32", scale=0.001, measurement="W" },
      { address=8, name="power_factor", type="INT64",   scale=0.01  },
    ]
    [inputs.modbus.request.tags]
      machine = "impresser"
  [[inputs.modbus.request]]
    slave_id = 4
    byte_order = "CDAB"
    register = "input"
    fields = [
      { address=1, name="temperature", type="INT16", scale=0.1        },
      { address=2, name="humidity",    type="UINT16", scale=0.1       },
      { address=4, name="flags",       type="UINT8L"                  },
    ]
`

/** plugins/inputs/modbus/testcases/metric_style_issue_16031/telegraf.conf, as it is. */
export const metricStyle = `[[inputs.modbus]]
  name_override = "modbus"
  name = "modbus"
  timeout = "1s"
  controller = "tcp://172.16.2.31:502"
  configuration_type = "metric"
  exclude_register_type_tag = true
  [[inputs.modbus.metric]]
    slave_id = 1
    byte_order = "ABCD"
    fields = [
      {register = "holding", address = 101, name = '4x0102:INT', type = 'INT16'},
      {register = "holding", address = 102, name = '4x0103:INT', type = 'INT16'},
      {register = "input", address = 134, name = '3x0135:INT', type = 'INT16'},
    ]
`

/** evcc's templates/definition/meter/acrel-adw300.yaml (MIT), shortened. */
export const evccTemplate = `template: acrel-adw300
products:
  - brand: Acrel
    description:
      generic: ADW300
params:
  - name: usage
    choice: ["grid", "pv", "charge"]
  - name: modbus
    choice: ["rs485", "tcpip"]
    baudrate: 1200
render: |
  type: custom
  power:
    source: modbus
    {{- include "modbus" . | indent 2 }}
    register:
      address: 36 # Total active power
      type: holding
      decode: int32
    {{- if eq .usage "pv" }}
    scale: -1
    {{- end }}
  energy:
    source: modbus
    {{- include "modbus" . | indent 2 }}
    register:
      {{- if eq .usage "pv" }}
      address: 64 # Reversing active energy consumption
      {{- else }}
      address: 62 # Forward active energy consumption
      {{- end }}
      type: holding
      decode: int32
    scale: 0.01
  currents:
  - source: modbus
    {{- include "modbus" . | indent 2 }}
    register:
      address: 26 # Electricity of A phase
      type: holding
      decode: uint16
    scale: 0.01
`

/** evcc's evcc.dist.yaml and docs: a meter by name, one register by register, one that is no Modbus at all. */
export const evccMeters = `meters:
  - name: grid
    type: mbmd
    model: sdm # SDM630
    uri: rs485.fritz.box:23
    rtu: true # rs485 device connected using ethernet adapter
  - name: heatpump
    type: custom
    power:
      source: modbus
      uri: 192.168.0.40:502
      id: 7
      register:
        address: 0x200
        type: input
        decode: float32s
      scale: 1000
    energy:
      source: http
      uri: http://192.168.0.41/energy
    currents:
      - source: modbus
        uri: 192.168.0.40:502
        id: 7
        register: { address: 520, type: writesingle, decode: uint16 }
  - name: wallbox
    type: template
    template: shelly-1pm
`

/** mbmd.dist.yaml (BSD), shortened. */
export const mbmdFile = `adapters:
- device: /dev/ttyUSB0
  baudrate: 9600
  comset: 8N1 # "8E1" needs be quoted as string or will error
- device: 192.168.0.7:23
  rtu: true # Modbus RS485 to Ethernet converter uses RTU over TCP
devices:
- name: sdm1
  type: sdm
  id: 1
  adapter: /dev/ttyUSB0
- name: sdm2
  type: sdm
  id: 1
  adapter: 192.168.0.7:23
- name: sma1
  type: sunspec
  id: 126
  subdevice: 0
  adapter: 192.168.0.40:502
`
