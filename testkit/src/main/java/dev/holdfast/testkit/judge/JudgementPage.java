package dev.holdfast.testkit.judge;

import java.util.List;
import java.util.stream.Stream;

/** Judgements as one HTML file that needs nothing else. */
public final class JudgementPage {
  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>Streaming clients, judged</title>
      <style>
      :root { color-scheme: light dark; --ink: #1c2024; --soft: #5b646e; --paper: #fff; --line: #d9dee3;
        --band: #f5f7f9; --lie: #b3261e; --liebg: #fbe9e7; --bad: #8a5300; --badbg: #fdf1dc; --good: #1b6e3c; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e4e7ea; --soft: #9aa4ae; --paper: #15181b;
        --line: #343a40; --band: #1d2125; --lie: #ff9c92; --liebg: #43201d; --bad: #f3c27a; --badbg: #3b2c12;
        --good: #7fd49b; } }
      body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
        max-width: 78rem; margin: 2.5rem auto; padding: 0 1.25rem; }
      h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 3rem 0 .25rem; }
      h2 small, .soft { color: var(--soft); font-weight: 400; font-size: .9rem; }
      a { color: inherit; } p { margin: .25rem 0 1rem; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; margin: .75rem 0; }
      th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; border-bottom: 1px solid var(--line); }
      th { font-weight: 600; background: var(--band); }
      table.side { width: auto; }
      .side th { vertical-align: bottom; } .side th.turn { padding: .6rem .2rem; }
      .turn span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 13rem; font-weight: 400; line-height: 1.25; }
      .side td.n { text-align: center; font-variant-numeric: tabular-nums; min-width: 1.7rem; padding: .4rem .2rem; }
      .side td:first-child, .side td.p { white-space: nowrap; }
      .lie { color: var(--lie); background: var(--liebg); font-weight: 600; }
      .bad { color: var(--bad); background: var(--badbg); font-weight: 600; }
      .good { color: var(--good); } .zero { color: var(--line); }
      .chip { display: inline-block; padding: .1rem .6rem; margin: 0 .4rem .4rem 0; border-radius: 1rem; font-size: .9rem; }
      .cases td:first-child { width: 30%; } .cases td:nth-child(2) { width: 24%; }
      .mark { font-weight: 600; padding: 0 .35rem; border-radius: .25rem; }
      .story { color: var(--soft); overflow-wrap: anywhere; }
      code { font: 600 .9em ui-monospace, monospace; } summary { cursor: pointer; color: var(--soft); }
      </style>
      <h1>Streaming clients, judged</h1>
      <p class="soft">Every case is one answer of a fault server that breaks it in one way. A client
      passes if it delivers the whole answer or reports that it is not whole, and behaves.
      <span class="mark lie">Red</span> is something untrue reported to the caller,
      <span class="mark bad">amber</span> another fault.</p>
      """;

  private JudgementPage() {}

  /** {@return the page; every word of a client is escaped} */
  public static String html(List<Judgement> judgements) {
    var out = new StringBuilder(HEAD);
    if (judgements.size() > 1) {
      sideBySide(out, judgements);
    }
    for (int i = 0; i < judgements.size(); i++) {
      client(out, judgements.get(i), i);
    }
    return out.append("</html>\n").toString();
  }

  private static void sideBySide(StringBuilder out, List<Judgement> judgements) {
    out.append(
        "<div class=\"scroll\"><table class=\"side\">\n<tr><th>client<th>protocol<th>passed");
    out.append("<th class=\"turn\"><span>recovered from a fault</span>");
    for (JudgeFinding finding : JudgeFinding.values()) {
      out.append("<th class=\"turn\"><span>%s</span>".formatted(finding.title()));
    }
    for (int i = 0; i < judgements.size(); i++) {
      Judgement one = judgements.get(i);
      boolean sound = one.passed() == one.rulings().size();
      out.append(
          "\n<tr><td><a href=\"#client-%d\">%s</a><td>%s<td class=\"p%s\">%d of %d<td class=\"n\">%d"
              .formatted(
                  i,
                  escape(one.client()),
                  one.protocol(),
                  sound ? " good" : "",
                  one.passed(),
                  one.rulings().size(),
                  one.recovered()));
      for (JudgeFinding finding : JudgeFinding.values()) {
        long count = one.count(finding);
        out.append(
            count == 0
                ? "<td class=\"n zero\">\u00b7"
                : "<td class=\"n %s\">%d".formatted(colour(finding), count));
      }
    }
    out.append("\n</table></div>\n");
  }

  private static void client(StringBuilder out, Judgement one, int number) {
    out.append(
        "<h2 id=\"client-%d\">%s <small>%s</small></h2>\n"
            .formatted(number, escape(one.client()), one.protocol()));
    out.append(
        "<p>%d of %d cases passed; reported something untrue in %d; recovered from a fault in %d.</p>\n"
            .formatted(one.passed(), one.rulings().size(), one.lies(), one.recovered()));
    for (JudgeFinding finding : JudgeFinding.values()) {
      long count = one.count(finding);
      if (count > 0) {
        out.append(
            "<span class=\"chip %s\">%d \u00d7 %s</span>\n"
                .formatted(colour(finding), count, finding.title()));
      }
    }
    rows(out, one.rulings().stream().filter(ruling -> !ruling.passed()));
    if (one.passed() > 0) {
      out.append("<details><summary>the %d that passed</summary>\n".formatted(one.passed()));
      rows(out, one.rulings().stream().filter(Ruling::passed));
      out.append("</details>\n");
    }
  }

  private static void rows(StringBuilder out, Stream<Ruling> rulings) {
    List<Ruling> all = rulings.toList();
    if (all.isEmpty()) {
      return;
    }
    out.append(
        "<div class=\"scroll\"><table class=\"cases\">\n<tr><th>case<th>ruling<th>what the client did\n");
    all.forEach(ruling -> row(out, ruling));
    out.append("</table></div>\n");
  }

  private static void row(StringBuilder out, Ruling ruling) {
    boolean lie = ruling.findings().stream().anyMatch(JudgeFinding::isLie);
    String colour = ruling.passed() ? "good" : lie ? "lie" : "bad";
    // The mark repeats it, for readers that do not see the colour.
    String mark = ruling.passed() ? "\u2713 " : "\u2717 ";
    out.append(
        "<tr><td><code>%s</code><br><span class=\"soft\">%s</span><td><span class=\"mark %s\">%s</span><td class=\"story\">%s\n"
            .formatted(
                escape(ruling.trial().id()),
                escape(ruling.trial().title()),
                colour,
                mark + escape(Judgement.titles(ruling)),
                escape(ruling.story())));
  }

  private static String colour(JudgeFinding finding) {
    return finding.isLie() ? "lie" : "bad";
  }

  private static String escape(String text) {
    var out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(point -> {
          switch (point) {
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '&' -> out.append("&amp;");
            case '"' -> out.append("&quot;");
            default -> out.appendCodePoint(steers(point) ? 0xFFFD : point);
          }
        });
    return out.toString();
  }

  /** Controls, and marks that change the direction of adjacent text. */
  private static boolean steers(int point) {
    return Character.isISOControl(point)
        || Character.getType(point) == Character.FORMAT
        || Character.getType(point) == Character.SURROGATE;
  }
}
