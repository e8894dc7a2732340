import { BarController, BarElement, CategoryScale, Chart, type ChartOptions, LinearScale, Tooltip } from 'chart.js';
import { classFor, colourOf, cssProperty } from './colours.ts';
import type { DashboardData } from './data.ts';
import { count, exact, tick } from './format.ts';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

/** Label of the collections that have no colour of their own; sorted last. */
const OTHERS = 'others';

/** Events over time: one bar for each slice of time, stacked by collection. */
export interface ArrivalsChart {
  show(data: DashboardData): void;
}

export function createArrivalsChart(canvas: HTMLCanvasElement): ArrivalsChart {
  let shown: DashboardData | undefined;
  const chart = new Chart<'bar', number[], number>(canvas, {
    type: 'bar',
    data: { labels: [], datasets: [] },
    options: chartOptions(() => shown),
  });

  function show(data: DashboardData): void {
    shown = data;
    const starts = barStarts(data);
    chart.data.labels = starts;
    const kept = new Map(chart.data.datasets.map((dataset) => [dataset.label, dataset]));
    // Reuse the dataset objects: with new ones, Chart.js redraws everything and an open tooltip flickers.
    chart.data.datasets = datasets(data, starts).map((dataset) =>
      Object.assign(kept.get(dataset.label) ?? {}, dataset),
    );
    applyColours(chart);
    chart.update();
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => shown && show(shown));
  return { show };
}

function chartOptions(shown: () => DashboardData | undefined): ChartOptions<'bar'> {
  const startOf = (index: number) => barStarts(shown())[index] ?? 0;
  return {
    animation: false, // it would restart with each refresh
    maintainAspectRatio: false,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        stacked: true,
        grid: { display: false },
        ticks: {
          maxRotation: 0,
          autoSkipPadding: 24,
          callback: (_, index) => tick(startOf(index), shown()?.width ?? 0),
        },
      },
      y: {
        stacked: true,
        beginAtZero: true,
        suggestedMax: 4,
        border: { display: false },
        ticks: { precision: 0, maxTicksLimit: 5 },
      },
    },
    plugins: {
      tooltip: {
        filter: ({ raw }) => Number(raw) > 0,
        callbacks: {
          title: ([item]) => (item ? exact(startOf(item.dataIndex)) : ''),
          label: ({ dataset, raw }) => ` ${dataset.label}: ${count(Number(raw))}`,
        },
      },
    },
  };
}

/** The start of each bar, in milliseconds since 1970. */
function barStarts(data: DashboardData | undefined): number[] {
  if (!data) return [];
  const last = Math.floor(data.now / data.width) * data.width;
  return Array.from(
    { length: Math.round((last - data.since) / data.width) + 1 },
    (_, index) => data.since + index * data.width,
  );
}

function datasets(data: DashboardData, starts: number[]) {
  const colours = colourOf(data.collections);
  const rows = new Map<string, number[]>();
  for (const { at, collection, events } of data.arrivals) {
    const label = collection !== null && colours.has(collection) ? collection : OTHERS;
    const row = rows.get(label) ?? starts.map(() => 0);
    rows.set(label, row);
    const index = Math.round((at - data.since) / data.width);
    if (index in row) row[index] = row[index]! + events;
  }
  return [...rows]
    .sort(([a], [b]) => (colours.get(a) ?? Infinity) - (colours.get(b) ?? Infinity))
    .map(([label, row]) => ({
      label,
      data: row,
      backgroundColor: cssProperty(classFor(colours.get(label)) || 'series-other'),
      barPercentage: 0.9,
      categoryPercentage: 0.95,
      maxBarThickness: 40,
    }));
}

/** Takes the colours from the stylesheet, which alone decides between light and dark. */
function applyColours({ options }: Chart<'bar', number[], number>): void {
  const font = { family: cssProperty('sans'), size: 12 };
  for (const scale of [options.scales!.x!, options.scales!.y!]) {
    Object.assign(scale.ticks!, { color: cssProperty('soft'), font });
    scale.grid = { ...scale.grid, color: cssProperty('line') };
  }
  Object.assign(options.plugins!.tooltip!, {
    backgroundColor: cssProperty('ink'),
    titleColor: cssProperty('paper'),
    bodyColor: cssProperty('paper'),
    titleFont: font,
    bodyFont: font,
    cornerRadius: 3,
    padding: 10,
  });
}
