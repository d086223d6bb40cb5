import type { FaultKind, Model, World } from './model.ts'
import { approach, chance, clamp, isSchoolDay, minuteOf, minuteOfDay, model, roomAir, tremor } from './model.ts'

/**
 * Any refrigerated box: the air in it and what is stored in it are two lumps of heat, joined to each other and to the room. The
 * thermostat has hysteresis and a rest time, defrosting stops the compressor, an open door joins the air to the room.
 */
type ColdBox = {
  seed: number
  /** °C of the air, of the contents, and as the probe shows it (it lags). */
  air: number
  contents: number
  shown: number
  running: number
  /** Seconds until the compressor may start again. */
  rest: number
  open: number
  openFor: number
  defrostFor: number
  sinceDefrost: number
  /** mm of it on the walls. */
  frost: number
  /** 1 while the load that a fault brought has been put in. */
  overloaded: number
  mixed: number
  unplugged: number
  minute: number
  error: number
}

export interface Build {
  readonly type: string
  /** Switches on above `target + band`, off below `target - band`; °C. */
  readonly target: number
  readonly band: number
  /** kJ/K */
  readonly airHeat: number
  readonly contentsHeat: number
  /** W/K through the walls, through the open door, between air and contents. */
  readonly walls: number
  readonly doorway: number
  readonly exchange: number
  /** Heat taken out while running, and electricity used for it; W. */
  readonly cooling: number
  readonly power: number
  /** The colder the air, the less the compressor takes out; at this many °C nothing any more. */
  readonly coldest: number
  /** Watts of the defrost heater (0: the compressor only pauses); seconds long, seconds apart. */
  readonly defrost: { readonly heat: number; readonly long: number; readonly every: number }
  readonly room: { readonly mean: number; readonly swing: number }
  /** Door openings an hour at this time, and how long they take at most (s). */
  openings(world: World): number
  readonly longestOpening: number
  /** Warm goods put in on school days: minute of the day, kg, °C. */
  readonly loads: readonly { readonly minute: number; readonly kg: number; readonly celsius: number }[]
  /** mm an hour that frost grows, and what share of it a defrosting takes away by itself. */
  readonly frost: { readonly perHour: number; readonly melts: number }
  /** What else can go wrong with this type. */
  readonly faults: readonly FaultKind[]
}

const faults: readonly FaultKind[] = [
  { id: 'door-left-open', name: { zh: '门未关', en: 'door left open' } },
  { id: 'compressor-dead', name: { zh: '压缩机停机', en: 'compressor dead' } },
  { id: 'thermostat-stuck', name: { zh: '温控器卡死（一直制冷）', en: 'thermostat stuck, cooling without end' } },
  { id: 'refrigerant-leak', name: { zh: '制冷剂泄漏（制冷量不足）', en: 'refrigerant leak, too little cooling' } },
  { id: 'unplugged', name: { zh: '断电', en: 'no power' } },
]

const KJ_PER_KG_KELVIN = 3.5
/** More than the compressor can take out: food so tight that no cold air comes round it. */
const OVERLOAD_WATTS = 640

/** A box as it is built. */
export function coldBox(build: Build): Model {
  return model<ColdBox>({
    type: build.type,
    faults: [...faults, ...build.faults],
    sensed: ['temperature'],
    longestStep: 5,
    begin: (seed, world) => ({
      seed,
      air: build.target,
      contents: build.target,
      shown: build.target,
      running: 0,
      rest: 0,
      open: 0,
      openFor: 0,
      defrostFor: 0,
      // Boxes of one kitchen do not defrost together.
      sinceDefrost: chance(seed, 1, 0) * build.defrost.every,
      frost: 0.5 + chance(seed, 5, 0),
      overloaded: 0,
      mixed: 0,
      unplugged: 0,
      minute: minuteOf(world),
      error: 0,
    }),
    step: (state, world, active) => step(build, state, world, active),
    points: ({ seed, shown, error, open, running, defrostFor, frost, mixed, unplugged }) => ({
      temperature: shown + error,
      door: open,
      power: unplugged ? 0 : running ? build.power : defrostFor > 0 ? build.defrost.heat + 8 : 8,
      running,
      frost: Math.max(0, frost + 0.4 * error),
      ...crates(seed, mixed > 0),
    }),
  })
}

/** Tagged crates in the box: a box keeps raw or cooked food, never both, unless somebody was careless. */
function crates(seed: number, mixed: boolean): { readonly raw: number; readonly cooked: number } {
  const keepsRaw = chance(seed, 6, 0) < 0.5
  return { raw: keepsRaw ? 5 : mixed ? 1 : 0, cooked: keepsRaw ? (mixed ? 1 : 0) : 4 }
}

function step(build: Build, state: ColdBox, world: World, active: ReadonlySet<string>): ColdBox {
  const dt = world.dtSeconds
  const minute = minuteOf(world)
  const dice = minute === state.minute ? 1 : chance(state.seed, 2, minute)

  const opened = dice < build.openings(world) / 60
  const openFor = opened ? 10 + (build.longestOpening - 10) * chance(state.seed, 3, minute) : Math.max(0, state.openFor - dt)
  const open = active.has('door-left-open') || openFor > 0 ? 1 : 0

  const due = state.sinceDefrost >= build.defrost.every
  const defrostFor = due ? build.defrost.long : Math.max(0, state.defrostFor - dt)
  const sinceDefrost = due ? 0 : state.sinceDefrost + dt

  const powered = !active.has('compressor-dead') && !active.has('unplugged')
  const wanted = state.running ? state.air > build.target - build.band : state.air > build.target + build.band && state.rest <= 0
  const running = (wanted || active.has('thermostat-stuck')) && defrostFor <= 0 && powered ? 1 : 0
  const rest = state.running && !running ? 180 : Math.max(0, state.rest - dt)

  const room = roomAir(world, build.room.mean, build.room.swing)
  const pull = clamp((state.air - build.coldest) / (build.target - build.coldest), 0, 1.3)
  // Frost thicker than 5 mm keeps the heat from reaching the evaporator.
  const insulated = 1 - 0.03 * clamp(state.frost - 5, 0, 20)
  const strength = pull * insulated * (active.has('refrigerant-leak') ? 0.25 : 1)
  const overloads = active.has('overload')
  const heat =
    (build.walls + open * build.doorway) * (room - state.air) +
    build.exchange * (state.contents - state.air) -
    running * build.cooling * strength +
    (defrostFor > 0 && !active.has('unplugged') ? build.defrost.heat : 0) +
    (overloads ? OVERLOAD_WATTS : 0)
  const air = state.air + (heat * dt) / (build.airHeat * 1000)

  const load =
    minute === state.minute || !isSchoolDay(world) ? undefined : build.loads.find(one => one.minute === minuteOfDay(world))
  const warmed = load ? mix(state.contents, build.contentsHeat, load.celsius, load.kg * KJ_PER_KG_KELVIN) : state.contents
  const laden = overloads && !state.overloaded ? mix(warmed, build.contentsHeat, 25, 80 * KJ_PER_KG_KELVIN) : warmed
  const contents = laden + (build.exchange * (state.air - laden) * dt) / (build.contentsHeat * 1000)

  // Whoever comes at nine in the morning scrapes off what has grown too thick.
  const scraped = minute !== state.minute && minuteOfDay(world) === 9 * 60 && state.frost > 3.5 && !active.has('frosting')
  const melts = defrostFor > 0 && state.defrostFor <= 0 && !active.has('frosting')
  const melted = melts ? state.frost * (1 - build.frost.melts) : state.frost
  const grown = ((active.has('frosting') ? 1.2 : build.frost.perHour) * dt) / 3600
  const frost = scraped ? 0.3 : clamp(melted + grown, 0, 40)

  return {
    seed: state.seed,
    air: clamp(air, -60, 60),
    contents: clamp(contents, -60, 60),
    shown: approach(state.shown, air, dt, 60),
    running,
    rest,
    open,
    openFor,
    defrostFor,
    sinceDefrost,
    frost,
    overloaded: overloads ? 1 : 0,
    mixed: active.has('mixed-food') ? 1 : 0,
    unplugged: active.has('unplugged') ? 1 : 0,
    minute,
    error: 0.05 * tremor(state.seed, 4, world),
  }
}

/** What was there is partly eaten as new food comes in, so the whole keeps its heat capacity. */
const mix = (celsius: number, heat: number, newCelsius: number, newHeat: number): number =>
  celsius + ((newCelsius - celsius) * newHeat) / (heat + newHeat)
