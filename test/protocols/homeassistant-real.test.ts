import { describe, expect, test } from 'vitest'
import { loadShelf } from '../../gateway/site/shelf.ts'
import type { OwnPoint, OwnSite } from '../../protocols/contract/driver.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { EntityFinder } from '../../protocols/mqtt/found-entities.ts'
import { ZigbeeFinder } from '../../protocols/mqtt/found-zigbee.ts'
import { HomeAssistantIn } from '../../protocols/mqtt/homeassistant-in-role.ts'
import { announcementsOf } from '../../protocols/mqtt/homeassistant-out.ts'
import type { DiscoveredPoint } from '../../protocols/mqtt/points.ts'
import { parsePoint } from '../../protocols/mqtt/points.ts'
import { binding, codeOf, FakeClock, Gateway } from './kit.ts'

/**
 * What devices and bridges in the field announce, as their owners showed it in public, and what they then say. Retyped: keys, templates,
 * words and units are theirs, names and addresses are not, and what says nothing about reading is left out.
 */
interface Shown {
  readonly who: string
  readonly seen: string
  readonly topic: string
  readonly config: Readonly<Record<string, unknown>>
  readonly id: string
  /** What is said where, and what it means: a number, the code of a fault, or undefined for no reading at all. */
  readonly says: readonly (readonly [topic: string, payload: string, means: number | string | undefined])[]
  readonly unit?: string
}
/** Announced, and not to be read: with a simple look at it a wrong value would come out. */
interface Refused extends Omit<Shown, 'says'> {
  readonly state: readonly [topic: string, payload: string]
}

const shelly = { cns: [['mac', '00:00:00:00:00:01']], name: 'Hall', mdl: 'Shelly Plus 1', mf: 'Allterco Robotics' }
const xiaomi = (model: string) => ({ identifiers: ['zigbee2mqtt_0x01'], manufacturer: 'Xiaomi', model, name: 'Hall' })

const read: readonly Shown[] = [
  {
    who: 'zigbee2mqtt 1.33, humidity with two availabilities',
    seen: 'github.com/domoticz/domoticz/issues/6025',
    topic: 'homeassistant/sensor/0x01/humidity/config',
    config: {
      availability: [{ topic: 'zigbee2mqtt/bridge/state' }, { topic: 'zigbee2mqtt/Hall/availability' }],
      availability_mode: 'all',
      device: xiaomi('MiJia temperature & humidity sensor (WSDCGQ01LM)'),
      device_class: 'humidity',
      json_attributes_topic: 'zigbee2mqtt/Hall',
      origin: { name: 'Zigbee2MQTT', sw: '1.33.2' },
      state_class: 'measurement',
      state_topic: 'zigbee2mqtt/Hall',
      unique_id: '0x01_humidity_zigbee2mqtt',
      unit_of_measurement: '%',
      value_template: '{{ value_json.humidity }}',
    },
    id: '0x01_humidity_zigbee2mqtt',
    unit: '%',
    says: [
      ['zigbee2mqtt/Hall', '{"battery":97,"humidity":55.31,"temperature":21.4}', 55.31],
      ['zigbee2mqtt/Hall/availability', 'offline', 'device-silent'],
      ['zigbee2mqtt/Hall', '{"humidity":54}', 54],
      ['zigbee2mqtt/bridge/state', 'offline', 'device-silent'],
      ['zigbee2mqtt/Hall', '{"battery":97}', 'not-a-number'],
    ],
  },
  {
    who: 'zigbee2mqtt 1.14, without a list of availabilities',
    seen: 'github.com/Koenkk/zigbee2mqtt/issues/4009',
    topic: 'homeassistant/sensor/0x02/temperature/config',
    config: {
      unit_of_measurement: '°C',
      device_class: 'temperature',
      value_template: '{{ value_json.temperature }}',
      state_topic: 'zigbee2mqtt/0x02',
      json_attributes_topic: 'zigbee2mqtt/0x02',
      name: '0x02_temperature',
      unique_id: '0x02_temperature_zigbee2mqtt',
      device: { identifiers: ['zigbee2mqtt_0x02'], name: '0x02', sw_version: 'Zigbee2mqtt 1.14.2' },
      availability_topic: 'zigbee2mqtt/bridge/state',
    },
    id: '0x02_temperature_zigbee2mqtt',
    unit: '°C',
    says: [
      ['zigbee2mqtt/0x02', '{"temperature":-18.5,"linkquality":60}', -18.5],
      ['zigbee2mqtt/bridge/state', 'offline', 'device-silent'],
    ],
  },
  {
    who: 'zigbee2mqtt, a door contact that says false when it is open',
    seen: 'github.com/Koenkk/zigbee2mqtt/issues/14512',
    topic: 'homeassistant/binary_sensor/0x03/contact/config',
    config: {
      availability: [{ topic: 'zigbee2mqtt/bridge/state' }],
      device: xiaomi('Aqara door & window contact sensor (MCCGQ11LM)'),
      device_class: 'door',
      name: 'hall contact',
      payload_off: true,
      payload_on: false,
      state_topic: 'zigbee2mqtt/hall',
      unique_id: '0x03_contact_zigbee2mqtt',
      value_template: '{{ value_json.contact }}',
    },
    id: '0x03_contact_zigbee2mqtt',
    says: [
      ['zigbee2mqtt/hall', '{"battery":100,"contact":false,"voltage":3015}', 1],
      ['zigbee2mqtt/hall', '{"contact":true}', 0],
      ['zigbee2mqtt/hall', '{"contact":"ajar"}', 'not-a-number'],
    ],
  },
  {
    who: 'zigbee2mqtt, somebody is there',
    seen: 'github.com/Koenkk/zigbee2mqtt/issues/10257',
    topic: 'homeassistant/binary_sensor/0x04/occupancy/config',
    config: {
      availability: [{ topic: 'zigbee2mqtt/bridge/state' }],
      device: xiaomi('Aqara human body movement and illuminance sensor (RTCGQ11LM)'),
      device_class: 'motion',
      payload_off: false,
      payload_on: true,
      state_topic: 'zigbee2mqtt/0x04',
      unique_id: '0x04_occupancy_zigbee2mqtt',
      value_template: '{{ value_json.occupancy }}',
    },
    id: '0x04_occupancy_zigbee2mqtt',
    says: [
      ['zigbee2mqtt/0x04', '{"occupancy":true,"illuminance":12}', 1],
      ['zigbee2mqtt/0x04', '{"occupancy":false}', 0],
    ],
  },
  {
    who: 'Shelly by its script, one of several values of one topic',
    seen: 'github.com/bieniu/ha-shellies-discovery/issues/134',
    topic: 'homeassistant/sensor/shellyuni-01-rssi/config',
    config: {
      name: 'Hall RSSI',
      stat_t: '~info',
      frc_upd: 'True',
      en: 'False',
      uniq_id: 'shellyuni-01-rssi',
      qos: 0,
      dev: { ids: ['01'], name: 'Hall', mdl: 'Shelly UNI', mf: 'Allterco Robotics' },
      '~': 'shellies/shellyuni-01/',
      dev_cla: 'signal_strength',
      unit_of_meas: 'dBm',
      val_tpl: "{{value_json['wifi_sta'].rssi}}",
      avty_t: '~online',
      pl_avail: 'true',
      pl_not_avail: 'false',
    },
    id: 'shellyuni-01-rssi',
    unit: 'dBm',
    says: [
      ['shellies/shellyuni-01/info', '{"wifi_sta":{"ssid":"hall","rssi":-61}}', -61],
      ['shellies/shellyuni-01/online', 'false', 'device-silent'],
    ],
  },
  {
    who: 'Shelly Wall Display by a template of its users, with C for °C',
    seen: 'github.com/enesbcs/shellyteacher4domo/issues/50',
    topic: 'homeassistant/sensor/wall/temperature/config',
    config: {
      device: { identifiers: ['01'], manufacturer: 'Shelly', model: 'Wall Display', name: 'wall' },
      name: 'wall Temperature',
      device_class: 'temperature',
      enabled_by_default: true,
      '~': 'wall/',
      state_class: 'measurement',
      state_topic: '~status/temperature:0',
      unique_id: 'wall-temperature',
      unit_of_measurement: 'C',
      value_template: '{{ value_json.tC }}',
    },
    id: 'wall-temperature',
    unit: 'C',
    says: [['wall/status/temperature:0', '{"id":0,"tC":21.9,"tF":71.4}', 21.9]],
  },
  {
    who: 'an inverter, the plain value on the topic of the announcement itself',
    seen: 'github.com/stuartpittaway/diyBMSv4ESP32/issues/49',
    topic: 'homeassistant/sensor/Inverter_1/Battery_voltage/config',
    config: {
      name: 'Battery_voltage_Inverter',
      uniq_id: '1_Battery_voltage',
      device: { ids: '1', mf: 'MPPSolar', mdl: 'PIP3048LV-MK', name: 'Inverter', sw: '61.01' },
      state_topic: 'homeassistant/sensor/Inverter_1/Battery_voltage',
      state_class: 'measurement',
      unit_of_meas: 'V',
      icon: 'mdi:battery-outline',
    },
    id: '1_Battery_voltage',
    unit: 'V',
    says: [
      ['homeassistant/sensor/Inverter_1/Battery_voltage', '51.8', 51.8],
      ['homeassistant/sensor/Inverter_1/Battery_voltage', 'nan', 'not-a-number'],
    ],
  },
  {
    who: 'ESPHome, plain values and a status of its own',
    seen: 'github.com/esphome/issues/issues/4632',
    topic: 'homeassistant/sensor/c3/pressure_voltage/config',
    config: {
      device_class: 'voltage',
      unit_of_measurement: 'V',
      state_class: 'measurement',
      name: 'Pressure voltage',
      state_topic: 'c3/sensor/pressure_voltage/state',
      availability_topic: 'c3/status',
      unique_id: 'ESPsensorpressure_voltage',
      object_id: 'c3_pressure_voltage',
      device: { identifiers: '01', name: 'c3', sw_version: 'esphome v2023.6.2', manufacturer: 'espressif' },
    },
    id: 'ESPsensorpressure_voltage',
    unit: 'V',
    says: [
      ['c3/sensor/pressure_voltage/state', '1.667', 1.667],
      ['c3/status', 'offline', 'device-silent'],
    ],
  },
  {
    who: 'EMS-ESP, a boiler with many values on one topic and signs in its id',
    seen: 'github.com/emsesp/EMS-ESP32/issues/1360',
    topic: 'homeassistant/sensor/ems-esp/system_uptime_sec/config',
    config: {
      uniq_id: 'system_uptime_(sec)',
      obj_id: 'system_uptime_(sec)',
      stat_t: 'ems-esp/heartbeat',
      name: 'Uptime (sec)',
      val_tpl: '{{value_json.uptime_sec}}',
      unit_of_meas: 's',
      stat_cla: 'measurement',
      dev_cla: 'duration',
      ent_cat: 'diagnostic',
      dev: { ids: ['ems-esp'] },
    },
    id: 'system_uptime_(sec)',
    unit: 's',
    says: [['ems-esp/heartbeat', '{"bus_status":"connected","uptime":"000+01:00:00.000","uptime_sec":3600}', 3_600]],
  },
  {
    who: 'ESPEasy, an energy meter',
    seen: 'github.com/letscontrolit/ESPEasy/pull/5199',
    topic: 'homeassistant/sensor/Energy_11/SDM230_ImpA/config',
    config: {
      dev: { name: 'Energy_11 SDM230', ids: ['Energy_11_SDM230'], mf: 'ESPEasy', sw: '20250725' },
      name: 'SDM230 Import Active Energy',
      unique_id: 'energy_11_sdm230_ImpA',
      device_class: 'energy',
      state_class: 'total_increasing',
      unit_of_measurement: 'kWh',
      state_topic: 'EspEasy/Energy_11/SDM230s3/ImpA',
    },
    id: 'energy_11_sdm230_ImpA',
    unit: 'kWh',
    says: [['EspEasy/Energy_11/SDM230s3/ImpA', '1234.56', 1_234.56]],
  },
  {
    who: 'a water meter, its reading among other things',
    seen: 'github.com/hallard/everblu-meters-esp32/issues/2',
    topic: 'homeassistant/sensor/water_meter_value/config',
    config: {
      name: 'Compteur Eau Index',
      state_topic: 'everblu/cyble/json',
      unique_id: 'water_meter_value',
      unit_of_measurement: 'L',
      device_class: 'water',
      state_class: 'total_increasing',
      value_template: '{{ value_json.liters }}',
      device: { identifiers: ['ESP_everblu'], name: 'Compteur eau', model: 'Everblu Cyble', manufacturer: 'Psykokwak' },
    },
    id: 'water_meter_value',
    unit: 'L',
    says: [['everblu/cyble/json', '{"liters":818725,"read":79,"battery":171}', 818_725]],
  },
]

const refused: readonly Refused[] = [
  {
    who: 'Shelly 2.5 tells watt-minutes and has Home Assistant divide them',
    seen: 'github.com/bieniu/ha-shellies-discovery/issues/94',
    topic: 'homeassistant/sensor/hall-energy-1/config',
    config: {
      name: 'Hall Energy 1',
      stat_t: '~relay/1/energy',
      unit_of_meas: 'kWh',
      val_tpl: '{{(value|float/60/1000)|round(2)}}',
      dev_cla: 'energy',
      avty_t: '~online',
      pl_avail: 'true',
      pl_not_avail: 'false',
      uniq_id: 'hall-relay-energy-1',
      dev: { ids: ['01'], name: 'Hall', mdl: 'Shelly 2.5', mf: 'Allterco Robotics' },
      '~': 'shellies/hall/',
    },
    id: 'hall-relay-energy-1',
    state: ['shellies/hall/relay/1/energy', '123456'],
  },
  {
    who: 'Shelly tells how long it runs, and Home Assistant works out since when',
    seen: 'github.com/bieniu/ha-shellies-discovery/issues/134',
    topic: 'homeassistant/sensor/shellyuni-01-uptime/config',
    config: {
      name: 'Uptime',
      stat_t: '~info',
      uniq_id: 'shellyuni-01-uptime',
      dev: { ids: ['01'], name: 'Hall' },
      '~': 'shellies/shellyuni-01/',
      dev_cla: 'timestamp',
      val_tpl: '{{(as_timestamp(now())-value_json.uptime)|timestamp_local}}',
    },
    id: 'shellyuni-01-uptime',
    state: ['shellies/shellyuni-01/info', '{"uptime":3600}'],
  },
  {
    who: 'Shelly Plus 1 is there when one of its parts says so in a template of several words',
    seen: 'github.com/bieniu/ha-shellies-discovery-gen2/issues/93',
    topic: 'homeassistant/sensor/shellyplus1-01-wifi_signal/config',
    config: {
      name: 'Hall WiFi Signal',
      val_tpl: '{{value_json.result.wifi.rssi}}',
      en: 'false',
      uniq_id: 'shellyplus1-01-wifi_signal',
      dev: shelly,
      '~': 'shellyplus1-01/',
      avty: [
        { t: '~online', pl_avail: 'true', pl_not_avail: 'false' },
        { t: '~status/rpc', val_tpl: '{%if value_json.result.mqtt.connected%}online{%else%}offline{%endif%}' },
      ],
      stat_t: '~status/rpc',
      unit_of_meas: 'dBm',
      dev_cla: 'signal_strength',
    },
    id: 'shellyplus1-01-wifi_signal',
    state: ['shellyplus1-01/status/rpc', '{"result":{"wifi":{"rssi":-50},"mqtt":{"connected":false}}}'],
  },
]

const message = (topic: string, payload: string, replayed = false) => ({ topic, payload: Buffer.from(payload), replayed })

function listening(id: string, unit?: string) {
  const clock = new FakeClock()
  const host = new Gateway(clock, clock)
  const point = parsePoint(
    binding('hall.value', { discovery: id, ...(unit === undefined ? {} : { unit }) }),
    [],
  ) as DiscoveredPoint
  const role = new HomeAssistantIn('homeassistant', [point], host)
  const asked: string[] = []
  role.begin({
    say() {},
    listen(filter) {
      asked.push(filter)
      return Promise.resolve(true)
    },
    leave() {},
  })
  return { role, host, asked }
}

describe('what is announced in the field', () => {
  test.each(read.map(one => [one.who, one] as const))('by %s is read', (_, { topic, config, id, unit, says }) => {
    const { role, host, asked } = listening(id, unit)
    role.hear(message(topic, JSON.stringify(config), true))
    const meant = says.map(([where, payload]) => {
      const before = host.readings.length
      role.hear(message(where, payload))
      const [reading] = host.readings.slice(before)
      return reading === undefined ? undefined : (reading.value ?? codeOf(reading))
    })
    expect(meant).toEqual(says.map(([, , means]) => means))
    expect(says.every(([where]) => asked.includes(where))).toBe(true)

    const finder = new EntityFinder('homeassistant')
    finder.hear(message(topic, JSON.stringify(config), true))
    expect(finder.found().flatMap(found => found.points.map(({ settings }) => settings))).toEqual([
      { discovery: id, ...(unit === undefined ? {} : { unit }) },
    ])
  })

  test.each(refused.map(one => [one.who, one] as const))(
    'by those where %s is no reading, and says why',
    (_, { topic, config, id, state }) => {
      const { role, host } = listening(id)
      role.hear(message(topic, JSON.stringify(config), true))
      role.hear(message(...state))
      expect(host.readings.map(codeOf)).not.toContain('good')
      expect(host.readings.length).toBeGreaterThan(0)

      const finder = new EntityFinder('homeassistant')
      finder.hear(message(topic, JSON.stringify(config), true))
      expect(finder.found().map(({ points, note }) => [points.length, note?.en.includes('template')])).toEqual([[0, true]])
    },
  )

  // github.com/openhab/openhab-addons/issues/19698: one message for a whole device.
  test('as a whole device is read part by part, and a part that is no sensor is none', () => {
    const config = {
      dev: { ids: 'OVUM', name: 'Ovum AC312P', mf: 'Ovum', mdl: 'AC312P' },
      o: { name: 'mira2mqtt', sw: '0.1' },
      cmps: {
        'Cmp-OutdoorTemp': {
          uniq_id: 'OutdoorTemp',
          p: 'climate',
          dev_cla: 'temperature',
          unit_of_meas: '°C',
          val_tpl: '{{ value_json.OutdoorTemp }}',
        },
        'Cmp-Supply': {
          uniq_id: 'Supply',
          p: 'sensor',
          dev_cla: 'temperature',
          unit_of_meas: '°C',
          val_tpl: '{{ value_json.Supply }}',
        },
      },
      stat_t: 'ovum/state',
    }
    const { role, host } = listening('Supply', '°C')
    role.hear(message('homeassistant/device/OVUM/config', JSON.stringify(config), true))
    role.hear(message('ovum/state', '{"OutdoorTemp":3,"Supply":41.5}'))
    expect(host.readings.map(({ value }) => value)).toEqual([41.5])
  })

  // github.com/thorrak/tiltbridge/issues/194 and github.com/home-assistant/core/issues/51200.
  test('without an id is found by nobody: there is nothing to bind to', () => {
    const finder = new EntityFinder('homeassistant')
    finder.hear(
      message(
        'homeassistant/sensor/EXPORT/config',
        '{"state_topic":"GRID/export","device_class":"power","name":"Grid export"}',
        true,
      ),
    )
    expect(finder.found()).toEqual([])
  })
})

describe('what zigbee2mqtt says of its devices', () => {
  // github.com/Koenkk/zigbee2mqtt/issues/9603 (a door contact) and github.com/nurikk/zigbee2mqtt-frontend/issues/1481 (a button).
  const contact = {
    friendly_name: 'hall/door',
    ieee_address: '0x05',
    type: 'EndDevice',
    definition: {
      model: 'MCCGQ11LM',
      vendor: 'Xiaomi',
      exposes: [
        {
          access: 1,
          description: 'Remaining battery in %',
          name: 'battery',
          property: 'battery',
          type: 'numeric',
          unit: '%',
          value_max: 100,
          value_min: 0,
        },
        { access: 1, name: 'contact', property: 'contact', type: 'binary', value_off: true, value_on: false },
        { access: 1, name: 'temperature', property: 'temperature', type: 'numeric', unit: '°C' },
        { access: 1, name: 'voltage', property: 'voltage', type: 'numeric', unit: 'mV' },
        { access: 1, name: 'linkquality', property: 'linkquality', type: 'numeric', unit: 'lqi', value_max: 255, value_min: 0 },
      ],
      options: [
        {
          access: 2,
          name: 'temperature_precision',
          property: 'temperature_precision',
          type: 'numeric',
          value_max: 3,
          value_min: 0,
        },
      ],
    },
  }
  const button = {
    friendly_name: 'bell',
    type: 'EndDevice',
    definition: {
      model: 'SNZB-01',
      vendor: 'SONOFF',
      exposes: [
        { access: 1, name: 'battery', property: 'battery', type: 'numeric', unit: '%' },
        { access: 1, name: 'action', property: 'action', type: 'enum', values: ['single', 'double', 'long'] },
      ],
    },
  }
  const others = [
    { friendly_name: 'Coordinator', type: 'Coordinator', definition: null },
    { friendly_name: '0x07', type: 'EndDevice', supported: false, definition: null },
  ]

  test('is what can be bound: names with slashes, contacts that are true when shut, options left out', () => {
    const finder = new ZigbeeFinder()
    finder.hear(message('zigbee2mqtt/bridge/devices', JSON.stringify([contact, button, ...others]), true))
    const found = finder.found()
    expect(found.map(({ device, name, points }) => [device['device'], name, points.map(one => [one.name, one.unit])])).toEqual([
      [
        'hall/door',
        'hall/door (Xiaomi MCCGQ11LM)',
        [
          ['battery', '%'],
          ['contact', undefined],
          ['temperature', '°C'],
          ['voltage', 'mV'],
          ['linkquality', 'lqi'],
        ],
      ],
      [
        'bell',
        'bell (SONOFF SNZB-01)',
        [
          ['battery', '%'],
          ['action', undefined],
        ],
      ],
      ['0x07', '0x07', []],
    ])
    expect(found[0]?.points[1]?.settings).toEqual({ value: '/contact', map: { false: 1, true: 0 } })
  })
})

/**
 * Which units Home Assistant takes for a class of sensor, and which class of state; empty: any or none. From its public source,
 * `homeassistant/components/sensor/const.py` and `homeassistant/const.py` (2025), for the classes that we use.
 */
const classes: Readonly<Record<string, { readonly units: readonly (string | undefined)[]; readonly states: readonly string[] }>> =
  {
    temperature: { units: ['°C', '°F', 'K'], states: ['measurement'] },
    humidity: { units: ['%'], states: ['measurement'] },
    pressure: { units: ['Pa', 'hPa', 'kPa', 'bar', 'cbar', 'mbar', 'mmHg', 'inHg', 'psi'], states: ['measurement'] },
    power: { units: ['mW', 'W', 'kW', 'MW', 'GW', 'TW', 'BTU/h'], states: ['measurement'] },
    energy: {
      units: ['J', 'kJ', 'MJ', 'GJ', 'mWh', 'Wh', 'kWh', 'MWh', 'GWh', 'TWh', 'cal', 'kcal', 'Mcal', 'Gcal'],
      states: ['total', 'total_increasing'],
    },
    energy_storage: { units: ['J', 'kJ', 'MJ', 'GJ', 'mWh', 'Wh', 'kWh', 'MWh', 'GWh', 'TWh'], states: ['measurement'] },
    current: { units: ['A', 'mA'], states: ['measurement'] },
    voltage: { units: ['V', 'mV', 'µV', 'kV', 'MV'], states: ['measurement'] },
    frequency: { units: ['Hz', 'kHz', 'MHz', 'GHz'], states: ['measurement'] },
    volume: { units: ['L', 'mL', 'm³', 'ft³', 'CCF', 'gal', 'fl. oz.'], states: ['total', 'total_increasing'] },
    volume_storage: { units: ['L', 'mL', 'm³', 'ft³', 'CCF', 'gal', 'fl. oz.'], states: ['measurement'] },
    volume_flow_rate: {
      units: ['m³/h', 'm³/min', 'm³/s', 'ft³/min', 'L/h', 'L/min', 'L/s', 'gal/min', 'mL/s'],
      states: ['measurement'],
    },
    distance: {
      units: ['km', 'm', 'cm', 'mm', 'mi', 'nmi', 'yd', 'ft', 'in'],
      states: ['measurement', 'total', 'total_increasing'],
    },
    speed: {
      units: ['m/s', 'km/h', 'mm/s', 'kn', 'mph', 'ft/s', 'in/s', 'mm/d', 'mm/h', 'in/d', 'in/h'],
      states: ['measurement'],
    },
    illuminance: { units: ['lx'], states: ['measurement'] },
    weight: { units: ['kg', 'g', 'mg', 'µg', 'oz', 'lb', 'st'], states: ['measurement', 'total', 'total_increasing'] },
    duration: { units: ['d', 'h', 'min', 's', 'ms', 'µs'], states: ['measurement', 'total', 'total_increasing'] },
    conductivity: { units: ['S/cm', 'mS/cm', 'µS/cm'], states: ['measurement'] },
    ph: { units: [undefined], states: ['measurement'] },
    enum: { units: [undefined], states: [] },
  }
/** Of binary sensors, those that we use. */
const binary = ['door', 'opening', 'running']
/** Keys of the documentation of `sensor` and `binary_sensor` over MQTT. */
const keys = new Set(
  'name unique_id default_entity_id state_topic value_template payload_on payload_off expire_after availability availability_mode device origin device_class unit_of_measurement state_class suggested_display_precision options'.split(
    ' ',
  ),
)

describe('what we announce', () => {
  test('of every point of every type in the library is what Home Assistant takes', async () => {
    const { types } = await loadShelf()
    const points = [...types.values()].flatMap(type =>
      [...type.points].map(([key, of]): OwnPoint => ({
        point: pointId(type.type, key),
        key,
        equipment: { id: type.type, name: type.name, typeName: type.name },
        name: of.name,
        kind: of.kind,
        unit: of.unit === 'count' ? '' : of.unit,
        decimals: of.decimals,
        labels: of.labels,
        stale: of.staleAfter,
      })),
    )
    expect(points.length).toBeGreaterThan(100)
    const site: OwnSite = { id: 'school', name: { zh: '学校', en: 'School' }, points }
    const wrong: string[] = []
    const ids = new Set<unknown>()
    for (const { place, config } of announcementsOf(site, { prefix: 'homeassistant', language: 'zh' })) {
      const said = config as Record<string, unknown>
      const where = `${place.component}/${place.object}`
      const complain = (what: string): void => void wrong.push(`${where}: ${what}`)
      for (const key of Object.keys(said)) if (!keys.has(key)) complain(`unknown key ${key}`)
      const {
        unique_id: id,
        device_class: of,
        unit_of_measurement: unit,
        state_class: state,
        options,
        device,
        origin,
        availability,
      } = said
      if (ids.has(id)) complain('its id is taken')
      ids.add(id)
      if (![place.node, place.object].every(part => /^[a-zA-Z0-9_-]+$/.test(part)))
        complain('an id that no topic of discovery may have')
      if (!/^(sensor|binary_sensor)\.[a-z0-9_]+$/.test(String(said['default_entity_id'])))
        complain(`entity id ${String(said['default_entity_id'])}`)
      if (typeof said['state_topic'] !== 'string' || /[+#]/.test(said['state_topic'])) complain('no state topic')
      if (!(Number.isInteger(said['expire_after']) && Number(said['expire_after']) > 0)) complain('expire_after')
      if (!Array.isArray((device as { identifiers?: unknown }).identifiers)) complain('a device without identifiers')
      if (typeof (origin as { name?: unknown }).name !== 'string') complain('an origin without a name')
      if (!(availability as { topic?: unknown }[]).every(({ topic }) => typeof topic === 'string'))
        complain('an availability without a topic')
      if (place.component === 'binary_sensor') {
        if (!binary.includes(String(of))) complain(`no class ${String(of)} of binary sensors`)
        if (unit !== undefined || state !== undefined || options !== undefined) complain('a binary sensor with keys of a sensor')
        continue
      }
      const allowed = of === undefined ? undefined : classes[String(of)]
      if (of !== undefined && !allowed) complain(`no class ${String(of)}`)
      if (allowed && !allowed.units.includes(unit as string | undefined)) complain(`${String(of)} in ${String(unit)}`)
      if (allowed && state !== undefined && !allowed.states.includes(String(state))) complain(`${String(of)} as ${String(state)}`)
      if ((options !== undefined) !== (of === 'enum')) complain('options belong to enum, and enum has options')
      if (options !== undefined && (!Array.isArray(options) || options.length === 0 || new Set(options).size < options.length))
        complain('options')
      const precision = said['suggested_display_precision']
      if (precision !== undefined && !(Number.isInteger(precision) && Number(precision) >= 0))
        complain(`precision ${String(precision)}`)
    }
    expect(wrong).toEqual([])
  })

  test.each([
    ['measurement', 'kWh'],
    ['measurement', 'L'],
    ['counter', 'L'],
    ['counter', 'W'],
    ['counter', 'L/min'],
    ['counter', '°C'],
    ['measurement', 'µS/cm'],
    ['measurement', 'MPa'],
    ['counter', 'h'],
  ] as const)('of a %s in %s as well', (kind, unit) => {
    const point: OwnPoint = {
      point: pointId('a', 'b'),
      key: 'b',
      equipment: { id: 'a', name: { zh: 'a', en: 'a' }, typeName: { zh: 'a', en: 'a' } },
      name: { zh: 'b', en: 'b' },
      kind,
      unit,
      decimals: 1,
      labels: new Map(),
      stale: 60_000 as OwnPoint['stale'],
    }
    const [said] = announcementsOf(
      { id: 's', name: { zh: 's', en: 's' }, points: [point] },
      { prefix: 'homeassistant', language: 'en' },
    )
    const {
      device_class: of,
      unit_of_measurement: shown,
      state_class: state,
    } = (said?.config ?? {}) as Record<string, string | undefined>
    expect(shown).toBe(unit)
    if (of === undefined) return
    expect(classes[of]?.units).toContain(unit)
    if (state !== undefined) expect([unit, of, classes[of]?.states]).toEqual([unit, of, expect.arrayContaining([state])])
  })
})
