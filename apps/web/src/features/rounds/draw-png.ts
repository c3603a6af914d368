interface Picture {
  title: string;
  legend: readonly { label: string; colour: string }[];
  background: string;
  text: string;
}

const LINE = 20;
const PAD = 12;

/** The drawn chart with its title above and its legend below, which are no part of its canvas. */
export async function drawPng(chart: HTMLCanvasElement, picture: Picture): Promise<Blob> {
  const { title, legend, background, text } = picture;
  const scale = chart.clientWidth > 0 ? chart.width / chart.clientWidth : 1;
  const canvas = document.createElement('canvas');
  canvas.width = chart.width + 2 * PAD * scale;
  canvas.height = chart.height + (2 * PAD + LINE * (1 + legend.length)) * scale;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser draws no pictures');
  context.fillStyle = background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(chart, PAD * scale, (PAD + LINE) * scale);
  context.scale(scale, scale);
  context.textBaseline = 'middle';
  context.fillStyle = text;
  context.font = '600 13px system-ui, sans-serif';
  const width = canvas.width / scale - 2 * PAD;
  context.fillText(title, PAD, PAD + LINE / 2, width);
  context.font = '12px system-ui, sans-serif';
  const below = PAD + LINE + chart.height / scale;
  for (const [i, { label, colour }] of legend.entries()) {
    const y = below + LINE * (i + 0.5);
    context.fillStyle = colour;
    context.fillRect(PAD, y - 4, 8, 8);
    context.fillStyle = text;
    context.fillText(label, PAD + 16, y, width - 16);
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('No picture was made'))), 'image/png');
  });
}
