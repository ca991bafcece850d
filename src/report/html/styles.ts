// Page style: one column of sections on narrow screens, pairs on wide ones.
import { fonts, palette, sequenceStyle } from "./markup.js";

export const pageStyle = `${palette(":root")}
*{box-sizing:border-box}
html{background:var(--page);color:var(--ink);font:15px/1.55 ${fonts};-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1280px;padding:2.25rem 1.5rem 4rem}
h1{font-size:1.65rem;line-height:1.25;font-weight:650;letter-spacing:-.012em;margin:.2rem 0 .9rem;max-width:46rem;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.02rem;font-weight:650;margin:0 0 .7rem}
p{margin:0 0 .7rem}
a{color:var(--accent);text-underline-offset:2px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.3rem .6rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.quiet,.detail{color:var(--muted)}.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}
.quiet{font-size:.87rem}
.top{border-left:5px solid var(--tone);padding:.1rem 0 .1rem 1.25rem;margin-bottom:2rem}
.top.held{--tone:var(--good)}.top.violated,.top.failed{--tone:var(--bad)}.top.unknown{--tone:var(--open)}
.top .name{color:var(--muted);margin:0;font-size:.9rem;overflow-wrap:anywhere}
.top .verdict{margin:0 0 .35rem;color:var(--muted)}.top .verdict strong{color:var(--tone);font-size:1.1rem}
.top .why{max-width:46rem;margin:0 0 .3rem;overflow-wrap:anywhere}
.sign.held{color:var(--good)}.sign.violated,.sign.failed{color:var(--bad)}.sign.unknown{color:var(--open)}
.sign{font-weight:700}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.15rem 1.3rem;margin:0 0 1.25rem;min-width:0}
.summary,.beside,.charts{display:grid;gap:0 1.25rem;align-items:start}
@media (min-width:860px){.summary,.charts{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}
@media (min-width:1180px){.beside:not(.broad){grid-template-columns:minmax(0,1fr) 22.5rem}.beside:not(.broad) .scenario{position:sticky;top:1rem}.beside:not(.broad) .code{max-height:84vh;overflow:auto}}
/* A browser draws what is below the screen when it is scrolled there. */
.later{content-visibility:auto;contain-intrinsic-size:auto 34rem}
.checks{list-style:none;margin:0;padding:0;display:grid;gap:.6rem}
.checks li{display:grid;grid-template-columns:1.1rem minmax(0,1fr);gap:.45rem;overflow-wrap:anywhere;line-height:1.45}
.checks strong{font-weight:600}
.detail{font-size:.9rem}
.offenders{margin:.1rem 0 0;font-size:.9rem}
.trails{margin:.25rem 0 .2rem;font-size:.87rem}.trails .whose{margin:.35rem 0 0;font-weight:600}
.trails ol{list-style:none;margin:0;padding:0}.trails li{display:grid;grid-template-columns:3.6rem minmax(3.5rem,max-content) minmax(0,1fr);gap:.6rem;padding:0}
.trails li.quiet{display:block;padding-left:4.2rem}.trails .n{color:var(--muted);text-align:right}
.numbers{display:grid;grid-template-columns:repeat(auto-fill,minmax(6.2rem,1fr));gap:.9rem .6rem;margin:0}
.numbers div{display:flex;flex-direction:column-reverse}
.numbers dt{color:var(--muted);font-size:.82rem;line-height:1.3}
.numbers dd{margin:0;font-size:1.4rem;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
.facts{margin:0;display:grid;gap:.3rem}
.facts div{display:grid;grid-template-columns:5rem minmax(0,1fr);gap:.5rem}
.facts dt{color:var(--muted)}.facts dd{margin:0;overflow-wrap:anywhere}
.wide{overflow:auto;max-width:100%}
.diagram{max-height:min(85vh,60rem);margin:0 -.4rem;border-radius:6px}
.seq{display:block}
.seq.heads{position:sticky;top:0;background:var(--card);z-index:1}
.row.of{cursor:default}a.row{cursor:pointer}
a.row .label{fill:var(--accent);font-weight:600}
a.row:focus-visible{outline:none}a.row:focus-visible .hit{stroke:var(--accent);stroke-width:2}
.row,.dot{transition:opacity .12s}
.lit .row.of:not(.on),.lit circle.dot:not(.on){opacity:.16}
.row.out,circle.dot.out{opacity:.07}
.row.on .hit{fill:var(--lit)}.row.on .label{font-weight:600}
tr.on>*{background:var(--lit)}
.pinned{display:flex;gap:.7rem;align-items:center;font-size:.92rem}.pinned[hidden]{display:none}
details{margin-top:.9rem}summary{cursor:pointer;color:var(--accent);font-size:.9rem;width:fit-content}
.tall{max-height:34rem;margin-top:.6rem}
table{border-collapse:collapse;width:100%;font-size:.88rem;line-height:1.4}
caption{text-align:left;color:var(--muted);padding:.2rem 0 .5rem}
th,td{text-align:left;vertical-align:top;padding:.34rem .9rem .34rem 0;border-top:1px solid var(--line);font-weight:400}
thead th{color:var(--muted);font-weight:600;border-top:0;white-space:nowrap}
.tall thead th{position:sticky;top:0;background:var(--card)}
.n{font-variant-numeric:tabular-nums;white-space:nowrap}
.requests td:last-child{min-width:11rem;overflow-wrap:anywhere}
.requests th[scope=row]{white-space:nowrap}
.percentiles th,.percentiles td{white-space:nowrap;font-variant-numeric:tabular-nums}
.filters{display:flex;flex-wrap:wrap;gap:.7rem 1.1rem;align-items:end;margin:0 0 .9rem;font-size:.9rem}
.filters[hidden]{display:none}
.filters label{display:grid;gap:.2rem;color:var(--muted)}
input,select,button{font:inherit;color:var(--ink);background:var(--page);border:1px solid var(--muted);border-radius:6px;padding:.32rem .6rem;max-width:100%}
button{cursor:pointer}
select{max-width:16rem}
.filters output{color:var(--muted);padding:.35rem 0}
.code{list-style:none;margin:0;padding:0;font:12.5px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.code li{display:grid;grid-template-columns:2.8rem minmax(0,1fr);position:relative}
.code .number{color:var(--muted);text-align:right;padding-right:.7rem;user-select:none}
.code li>:not(.number){grid-column:2}
.code code{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;padding-left:calc((var(--indent) + 2)*1ch);text-indent:calc((var(--indent) + 2)*-1ch)}
.code .held .number{color:var(--good);font-weight:700}
.code .violated,.code .unknown{background:var(--mark);border-radius:4px}
.finding{font-family:${fonts};font-size:.85rem;line-height:1.4;overflow-wrap:anywhere;margin:.1rem .5rem .45rem 0;color:var(--bad)}
.unknown .finding{color:var(--open)}
.legend{list-style:none;margin:0 0 .4rem;padding:0;display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;font-size:.87rem;color:var(--muted)}
.swatch{display:inline-block;width:1.1rem;height:0;border-top:3px solid var(--stroke);vertical-align:middle;margin-right:.45rem}
.s0{--stroke:var(--accent)}.s1{--stroke:var(--good)}.s2{--stroke:var(--open)}.s3{--stroke:var(--muted)}
span.dot{display:inline-block;width:.6rem;height:.6rem;border-radius:50%;background:var(--accent);border:2px solid var(--accent);margin-right:.4rem}
span.dot.none{background:none;border-color:var(--bad)}
.chart{display:block;width:100%;height:auto;overflow:visible}
.chart text{font:11px ${fonts};fill:var(--muted);font-variant-numeric:tabular-nums}
.chart .value{text-anchor:end}.chart .moment{text-anchor:middle}
.chart .grid{stroke:var(--line)}
.chart .band.fault{fill:var(--fault)}.chart .band.absence{fill:var(--absence)}
.chart .steps{fill:none;stroke:var(--stroke);stroke-width:1.8;stroke-linejoin:round}
circle.dot{fill:var(--accent);fill-opacity:.7}circle.dot.none{fill:none;stroke:var(--bad);stroke-width:1.6}
${sequenceStyle}
@media (max-width:600px){.chart text{font-size:13.5px}body{padding:1.25rem .8rem 3rem}h1{font-size:1.3rem}section{padding:1rem .9rem}.top{padding-left:.9rem}}
@media (prefers-reduced-motion:reduce){.row,.dot{transition:none}}
@media print{.later{content-visibility:visible}.filters,.skip,.pinned{display:none}.wide,.code{max-height:none}}
`;
