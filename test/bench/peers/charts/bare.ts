import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { charts, drive, points, size, timeOf, valueOf } from './series.ts'

/** The same curves drawn by the chart library alone, as its own examples stream: shift, push, setData. */
const plots = Array.from({ length: charts }, (_, chart) => {
  const data: [number[], number[]] = [[], []]
  for (let index = 0; index < points; index += 1) {
    data[0].push(timeOf(index))
    data[1].push(valueOf(chart, index))
  }
  const options: uPlot.Options = {
    ...size,
    ms: 1,
    legend: { show: false },
    series: [{}, { stroke: '#1d1c1a', width: 1.75, points: { show: false } }],
  }
  return { data, plot: new uPlot(options, data, document.body) }
})
let last = points - 1
drive(
  () => {
    last += 1
    for (const [chart, { data, plot }] of plots.entries()) {
      data[0].shift()
      data[1].shift()
      data[0].push(timeOf(last))
      data[1].push(valueOf(chart, last))
      plot.setData(data)
    }
  },
  () => last,
)
