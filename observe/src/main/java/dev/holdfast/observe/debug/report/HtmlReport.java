package dev.holdfast.observe.debug.report;

import dev.holdfast.observe.PlainText;
import dev.holdfast.observe.debug.clients.ClientBreak;
import dev.holdfast.observe.debug.rules.Finding;
import dev.holdfast.observe.debug.rules.Words;
import dev.holdfast.observe.debug.wire.DebugEvent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/**
 * A report as one HTML file that needs nothing else: no script, no font, no address. The policy in
 * its head forbids everything but its own style sheet, and all untrusted text is escaped.
 */
public final class HtmlReport {
  private static final int MAX_TEXT = 300;

  private static final String STYLE =
      """
      :root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1c1f23;--dim:#5c646e;--line:#d9dce0;\
      --card:#fff;--blue:#0b62c4;--orange:#b45309;--good:#12703c;--bad:#b3261e}
      @media(prefers-color-scheme:dark){:root{--bg:#15181c;--fg:#e6e8eb;--dim:#9aa3ad;\
      --line:#343a41;--card:#1c2025;--blue:#6cb2ff;--orange:#f2a654;--good:#5fd08f;--bad:#ff8a80}}
      *{box-sizing:border-box}
      body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
      main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
      h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
      p{margin:.25rem 0}.dim{color:var(--dim)}
      .card{background:var(--card);border:1px solid var(--line);border-left:6px solid var(--dim);\
      border-radius:6px;padding:1rem;margin:1rem 0}
      .card.good{border-left-color:var(--good)}.card.bad{border-left-color:var(--bad)}
      .verdict{font-weight:700}.good .verdict{color:var(--good)}.bad .verdict{color:var(--bad)}
      code,td,pre{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace}
      ul{margin:.25rem 0;padding-left:1.25rem}li{overflow-wrap:anywhere}
      .scroll{overflow-x:auto}
      table{border-collapse:collapse;width:100%}
      td,th{text-align:left;padding:.15rem .75rem .15rem 0;vertical-align:top;\
      border-bottom:1px solid var(--line)}
      th{font-weight:600;font-size:13px;color:var(--dim)}
      td.n,th.n{text-align:right;white-space:nowrap}td.t{overflow-wrap:anywhere;min-width:16rem}
      tr.bad td{color:var(--bad)}tr.good td{color:var(--good)}
      svg{display:block;width:100%;height:auto;background:var(--card);\
      border:1px solid var(--line);border-radius:6px}
      svg text{fill:var(--dim);font:12px system-ui,sans-serif}
      .grid{stroke:var(--line)}.dot{fill:var(--blue)}.bar{fill:var(--blue)}
      .curve{fill:none;stroke:var(--blue);stroke-width:2}
      .beat{stroke:var(--orange);stroke-width:1.5}.err{stroke:var(--bad);stroke-width:2}
      figure{margin:1rem 0}figcaption{color:var(--dim);font-size:14px;margin-bottom:.25rem}
      @media(max-width:44rem){figure{overflow-x:auto}svg{width:44rem}\
      figcaption{position:sticky;left:0}td.t{min-width:0}td,th{padding-right:.5rem}}
      """;

  private final StringBuilder html = new StringBuilder();
  private final DebugReport report;

  private HtmlReport(DebugReport report) {
    this.report = report;
  }

  /**
   * {@return the report as a page}
   *
   * @param origin what made it and when, in a few words; empty if that is not to be named
   */
  public static String of(DebugReport report, String origin) {
    return new HtmlReport(report).page(origin);
  }

  private String page(String origin) {
    var exchange = report.facts().exchange();
    var target = exchange.target();
    add("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    add("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    add(styleHash());
    add("'; base-uri 'none'; form-action 'none'\">\n");
    add("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
    add("<meta name=\"referrer\" content=\"no-referrer\">\n");
    add("<title>Holdfast: a stream, debugged</title>\n<style>" + STYLE + "</style>\n");
    add("</head>\n<body>\n<main>\n<h1>A stream, debugged</h1>\n");
    add(
        "<p class=\"dim\">"
            + text(target == null ? "a recorded response" : target.url())
            + "</p>\n");
    diagnosis();
    clients();
    facts();
    var plots = new SvgPlots(report);
    figure(
        "Chunks over time: each dot is what one read gave; lines are keep-alives (orange)"
            + " and errors (red)",
        plots.timeline());
    figure("Bytes of the body, added up", plots.cumulative());
    figure("Gaps between two chunks: how many were how long", plots.gaps());
    spreads();
    events();
    add(origin.isEmpty() ? "" : "<p class=\"dim\">" + text(origin) + "</p>\n");
    add("</main>\n</body>\n</html>\n");
    return html.toString();
  }

  private static String styleHash() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(STYLE.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256: must be known to every JVM", e);
    }
  }

  private void diagnosis() {
    var verdict = report.verdict();
    var main = report.diagnosis().main();
    boolean good = verdict != null && verdict.isComplete();
    add("<section class=\"card " + (good ? "good" : "bad") + "\">\n<p class=\"verdict\">");
    add(good ? "\u2713 " : "\u2717 ");
    add(verdict == null ? "not ended" : verdict.name());
    var cause = report.cause();
    add(cause == null ? "" : " \u00b7 " + cause.id());
    add("</p>\n");
    finding(main);
    add("</section>\n");
    if (!report.diagnosis().notes().isEmpty()) {
      add("<h2>Also worth knowing</h2>\n");
      for (Finding note : report.diagnosis().notes()) {
        add("<section class=\"card\">\n");
        finding(note);
        add("</section>\n");
      }
    }
  }

  private void finding(Finding finding) {
    add("<p><strong>" + text(finding.summary()) + "</strong></p>\n");
    add("<p class=\"dim\">" + text(finding.attribution()) + "</p>\n");
    list("Evidence", finding.evidence());
    list("What to change", finding.advice());
  }

  private void list(String title, List<String> lines) {
    if (!lines.isEmpty()) {
      add("<p>" + title + "</p>\n<ul>\n");
      lines.forEach(line -> add("<li>" + text(line) + "</li>\n"));
      add("</ul>\n");
    }
  }

  private void clients() {
    var breaks = report.facts().clients();
    if (breaks.isEmpty()) {
      return;
    }
    add(
        "<h2>Clients</h2>\n<p class=\"dim\">These were tried with bytes of this kind, and broke although");
    add(" the answer can be read.</p>\n<div class=\"scroll\"><table>\n");
    for (ClientBreak found : breaks) {
      add("<tr><th colspan=\"2\">" + text(ReportRows.heading(found)) + "</th></tr>\n");
      for (ReportRows.Row row : ReportRows.clients(found)) {
        add("<tr><td>" + text(row.name()) + "</td><td class=\"t\">" + text(row.words()));
        add("</td></tr>\n");
      }
    }
    add("</table></div>\n");
  }

  private void facts() {
    add("<h2>Facts</h2>\n<div class=\"scroll\"><table>\n");
    ReportRows.of(report)
        .forEach(row ->
            add(
                "<tr><th>"
                    + text(row.name())
                    + "</th><td class=\"t\">"
                    + text(row.words())
                    + "</td></tr>\n"));
    add("</table></div>\n");
  }

  private void figure(String caption, String svg) {
    if (!svg.isEmpty()) {
      add("<figure>\n<figcaption>" + text(caption) + "</figcaption>\n" + svg + "</figure>\n");
    }
  }

  private void spreads() {
    var pace = report.facts().pace();
    if (pace.chunks().count() == 0) {
      return;
    }
    add("<h2>Chunks and gaps</h2>\n<div class=\"scroll\"><table>\n<tr><th></th>");
    for (String name : List.of("count", "min", "average", "p50", "p90", "p99", "max")) {
      add("<th class=\"n\">" + name + "</th>");
    }
    add("</tr>\n");
    for (ReportRows.SpreadRow row : ReportRows.spreads(pace)) {
      add("<tr><th>" + text(row.name()) + "</th>");
      row.cells().forEach(cell -> add("<td class=\"n\">" + text(cell) + "</td>"));
      add("</tr>\n");
    }
    add("</table></div>\n");
  }

  private void events() {
    add("<h2>Timeline</h2>\n<div class=\"scroll\"><table>\n");
    report.first().forEach(this::event);
    if (report.dropped() > 0) {
      add("<tr><td></td><td></td><td class=\"t\">... ");
      add(Words.count(report.dropped(), "event") + " not shown ...</td></tr>\n");
    }
    report.last().forEach(this::event);
    add("</table></div>\n");
  }

  private void event(DebugEvent.Timed timed) {
    String tone =
        switch (timed.event()) {
          case DebugEvent.ParseFailed failed -> " class=\"bad\"";
          case DebugEvent.ErrorArrived error -> " class=\"bad\"";
          case DebugEvent.Completed completed -> " class=\"good\"";
          default -> "";
        };
    var words = ReportRows.event(timed.event());
    add("<tr" + tone + "><td class=\"n\">" + Words.seconds(timed.atNanos()) + "</td><td>");
    add(text(words.name()) + "</td><td class=\"t\">" + text(words.words()) + "</td></tr>\n");
  }

  private void add(String piece) {
    html.append(piece);
  }

  /** Untrusted text: no markup, no direction marks, no control characters, not too long. */
  static String text(String text) {
    var out = new StringBuilder();
    PlainText.line(text, MAX_TEXT)
        .codePoints()
        .forEach(point -> {
          switch (point) {
            case '&' -> out.append("&amp;");
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '"' -> out.append("&quot;");
            case '\'' -> out.append("&#39;");
            default -> out.appendCodePoint(point);
          }
        });
    return out.toString();
  }
}
