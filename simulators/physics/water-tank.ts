import type { World } from './model.ts'
import { approach, chance, clamp, isSchoolDay, minuteOf, minuteOfDay, model, tremor } from './model.ts'

/** A secondary-supply tank: float valve, the school's use, chlorine that comes in, is dosed and decays. */
type Tank = {
  seed: number
  /** m³ in the tank. */
  volume: number
  /** Free chlorine, mg/L. */
  chlorine: number
  /** 1 just after dosing: what the slow-release bottle still has. */
  bottle: number
  valve: number
  inflow: number
  outflow: number
  turbidity: number
  ph: number
  dosingFor: number
  sinceDosing: number
  overdosed: number
  /** Grams of the newest dosing, when (ms), how many there were, and how many somebody signed for. */
  dosed: number
  dosedAt: number
  dosings: number
  signed: number
  /** Seconds until the sheet is signed. */
  signsIn: number
  minute: number
  error: number
}

/** m² and m */
const AREA = 10
const HEIGHT = 2
const FULL = 1.85
const REFILL = 1.6
const INLET = 8
const DAY = 86_400
const DOSE_EVERY = 10 * DAY
/** Half an hour before the school wakes on the tenth day. */
const DOSE_MINUTE = 5 * 60 + 30
/** Free chlorine of the town's water, and the most the bottle adds to what flows past it; mg/L. */
const TOWN = 0.25
const BOTTLE = 0.75
const BOTTLE_LASTS = 12 * DAY
/** First-order decay in a clean, dark tank. */
const DECAY_PER_HOUR = 0.004
/** Whoever doses weighs it for the water there is: what is wanted and what the water eats, less what it still has (standards.md §1.6). */
const WANTED = 0.5
const EATEN = 1
const STRENGTH = 0.65
/** The person who dosed signs the sheet this many minutes after the pump has stopped. */
const SIGNS_AFTER = 15

export const waterTank = model<Tank>({
  type: 'water-tank',
  faults: [
    { id: 'leak', name: { zh: '水箱漏水', en: 'tank leaks' } },
    { id: 'valve-stuck-shut', name: { zh: '浮球阀卡死（不进水）', en: 'float valve stuck shut' } },
    { id: 'valve-stuck-open', name: { zh: '浮球阀卡死（溢流）', en: 'float valve stuck open' } },
    { id: 'dosing-forgotten', name: { zh: '忘记投药', en: 'dosing forgotten' } },
    { id: 'bottle-empty', name: { zh: '缓释消毒瓶已空', en: 'slow-release bottle empty' } },
    { id: 'underdosed', name: { zh: '投药不足（只投一半）', en: 'only half of it dosed' } },
    { id: 'dosing-unsigned', name: { zh: '投药未签字', en: 'dosing not signed for' } },
    { id: 'overdose', name: { zh: '投药过量', en: 'too much chlorine dosed' } },
    { id: 'dirty-water', name: { zh: '进水浑浊', en: 'dirty water comes in' } },
  ],
  sensed: ['level', 'volume', 'chlorine', 'turbidity', 'ph'],
  longestStep: 20,
  begin(seed, world) {
    // Tanks of one school are not dosed on the same day; the first dosing is a day or two away, so that it can be watched.
    const sinceDosing = (8 + chance(seed, 1, 0) * 1.2) * DAY
    return {
      seed,
      volume: (REFILL + 0.1) * AREA,
      chlorine: 0.62 + 0.1 * chance(seed, 2, 0),
      bottle: Math.exp(-sinceDosing / BOTTLE_LASTS),
      valve: 0,
      inflow: 0,
      outflow: 0,
      turbidity: 0.35,
      ph: 7.4,
      dosingFor: 0,
      sinceDosing,
      overdosed: 0,
      dosed: 0,
      dosedAt: 0,
      dosings: Math.floor(chance(seed, 5, 0) * 40),
      signed: Math.floor(chance(seed, 6, 0) * 40),
      signsIn: 0,
      minute: minuteOf(world),
      error: 0,
    }
  },
  step,
  points: ({ volume, chlorine, turbidity, ph, inflow, outflow, dosingFor, dosed, dosings, signed, error }) => ({
    level: clamp(volume / AREA + 0.003 * error, 0, HEIGHT),
    volume: clamp(volume + 0.03 * error, 0, AREA * HEIGHT),
    chlorine: Math.max(0, chlorine + 0.008 * error),
    turbidity: Math.max(0, turbidity + 0.015 * error),
    ph: ph + 0.01 * error,
    inflow,
    outflow,
    dosing: dosingFor > 0 ? 1 : 0,
    ...(dosed > 0 && { dosed }),
    dosings,
    signed,
  }),
  taken: ({ dosedAt }) => ({ dosed: dosedAt }),
})

/** m³/h drawn by the building: a weekday's mornings, lunch and washing-up; at weekends the caretaker. */
function use(world: World, seed: number): number {
  const gust = 0.6 + 0.8 * chance(seed, 3, minuteOf(world))
  if (!isSchoolDay(world)) return world.hour > 7 && world.hour < 20 ? 0.3 * gust : 0
  const h = world.hour
  const bell = (middle: number, width: number) => Math.exp(-(((h - middle) / width) ** 2))
  const base = h > 6 && h < 19 ? 0.8 : 0.02
  return (base + 2.2 * bell(7.5, 0.7) + 4.2 * bell(12.2, 1) + 1.2 * bell(15.5, 0.6)) * gust
}

function step(state: Tank, world: World, faults: ReadonlySet<string>): Tank {
  const dt = world.dtSeconds
  const hours = dt / 3600
  const minute = minuteOf(world)

  const level = state.volume / AREA
  const floats = state.valve ? level < FULL : level < REFILL
  const valve = faults.has('valve-stuck-open') || (floats && !faults.has('valve-stuck-shut')) ? 1 : 0
  const inflow = valve * INLET
  const drawn = Math.min(use(world, state.seed), state.volume / Math.max(hours, 1e-6))
  const leaked = faults.has('leak') ? 10 * Math.sqrt(Math.max(0, level) / HEIGHT) : 0
  const overflow = level >= HEIGHT - 0.02 ? inflow : 0
  const volume = clamp(state.volume + (inflow - drawn - leaked - overflow) * hours, 0.01, AREA * HEIGHT)

  const due = state.sinceDosing >= DOSE_EVERY - 3600 && minuteOfDay(world) === DOSE_MINUTE && minute !== state.minute
  const doses = due && !faults.has('dosing-forgotten')
  const overdoses = faults.has('overdose') && !state.overdosed
  const dosingFor = doses || overdoses ? 20 * 60 : Math.max(0, state.dosingFor - dt)
  // Charged over the twenty minutes it takes: 0.4 mg/L of the water there is, by mistake seven times that or half of it.
  const error = faults.has('overdose') ? 7 : faults.has('underdosed') ? 0.5 : 1
  const dosed = dosingFor > 0 ? (0.4 * error * dt) / (20 * 60) : 0
  const starts = doses || overdoses
  const weighed = (volume * Math.max(0.2, WANTED + EATEN - state.chlorine)) / STRENGTH
  const stopped = state.dosingFor > 0 && dosingFor <= 0
  const signsIn = stopped ? SIGNS_AFTER * 60 : Math.max(0, state.signsIn - dt)
  const signs = state.signsIn > 0 && signsIn <= 0 && !faults.has('dosing-unsigned')

  const spent = faults.has('bottle-empty') ? 0 : state.bottle * Math.exp(-dt / BOTTLE_LASTS)
  const bottle = doses ? 1 : spent
  const coming = TOWN + BOTTLE * bottle
  const entered = inflow * hours
  const mixed = (state.chlorine * state.volume + coming * entered) / (state.volume + entered)
  const decay = DECAY_PER_HOUR * (faults.has('bottle-empty') ? 4 : faults.has('dirty-water') ? 6 : 1)

  const silt = faults.has('dirty-water') ? 3.5 : 0.3 + (inflow > 0 ? 0.12 : 0)
  return {
    seed: state.seed,
    volume,
    chlorine: Math.max(0, mixed * Math.exp(-decay * hours) + dosed),
    bottle,
    valve,
    inflow,
    outflow: drawn,
    turbidity: approach(state.turbidity, silt, dt, faults.has('dirty-water') ? 2400 : 3600),
    ph: approach(state.ph, 7.35 + 0.1 * clamp(state.chlorine, 0, 4), dt, 7200),
    dosingFor,
    sinceDosing: doses ? 0 : state.sinceDosing + dt,
    overdosed: faults.has('overdose') ? 1 : 0,
    dosed: starts ? Math.round(weighed * error * 10) / 10 : state.dosed,
    dosedAt: starts ? world.now : state.dosedAt,
    dosings: state.dosings + (starts ? 1 : 0),
    signed: state.signed + (signs ? 1 : 0),
    signsIn,
    minute,
    error: tremor(state.seed, 4, world),
  }
}
