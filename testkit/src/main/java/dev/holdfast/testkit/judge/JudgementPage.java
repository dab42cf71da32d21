package dev.holdfast.testkit.judge;

import java.util.List;

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
      :root { color-scheme: light dark; --line: #8884; --bad: #b3261e; --good: #1b6e3c; }
      @media (prefers-color-scheme: dark) { :root { --bad: #ff9c92; --good: #7fd49b; } }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; }
      th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
      .bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); }
      .story { opacity: .8; } code { font-size: .9em; }
      </style>
      <h1>Streaming clients, judged</h1>
      """;

  private JudgementPage() {}

  /** {@return the page; every word of a client is escaped} */
  public static String html(List<Judgement> judgements) {
    var out = new StringBuilder(HEAD);
    for (Judgement one : judgements) {
      out.append("<h2>%s, %s</h2>\n".formatted(escape(one.client()), one.protocol()));
      out.append(
          "<p>%d of %d cases passed; told something untrue in %d; recovered from a fault in %d.</p>\n"
              .formatted(one.passed(), one.rulings().size(), one.lies(), one.recovered()));
      out.append("<div class=\"scroll\"><table>\n<tr><th>case<th>ruling<th>what the client did\n");
      one.rulings().forEach(ruling -> row(out, ruling));
      out.append("</table></div>\n");
    }
    return out.append("</html>\n").toString();
  }

  private static void row(StringBuilder out, Ruling ruling) {
    // The mark says it too, for whoever does not see the colour.
    String mark = ruling.passed() ? "\u2713 " : "\u2717 ";
    out.append(
        "<tr><td><code>%s</code><br>%s<td class=\"%s\">%s<td class=\"story\">%s\n"
            .formatted(
                escape(ruling.trial().id()),
                escape(ruling.trial().title()),
                ruling.passed() ? "good" : "bad",
                mark + escape(Judgement.titles(ruling)),
                escape(ruling.story())));
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

  /** Controls, and marks that change the direction of what stands beside them. */
  private static boolean steers(int point) {
    return Character.isISOControl(point)
        || Character.getType(point) == Character.FORMAT
        || Character.getType(point) == Character.SURROGATE;
  }
}
