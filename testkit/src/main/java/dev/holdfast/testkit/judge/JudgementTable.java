package dev.holdfast.testkit.judge;

import java.util.List;

/** Several clients side by side, as Markdown. */
public final class JudgementTable {
  private JudgementTable() {}

  /** {@return a row for each client, a column for each finding, numbers of cases in the cells} */
  public static String markdown(List<Judgement> judgements) {
    var out = new StringBuilder("| client | protocol | passed | untrue | recovered |");
    for (JudgeFinding finding : JudgeFinding.values()) {
      out.append(' ').append(finding.title()).append(" |");
    }
    out.append("\n|---|---|---|---|---|")
        .append("---|".repeat(JudgeFinding.values().length))
        .append('\n');
    for (Judgement one : judgements) {
      out.append(
          "| %s | %s | %d of %d | %d | %d |"
              .formatted(
                  cell(one.client()),
                  one.protocol(),
                  one.passed(),
                  one.rulings().size(),
                  one.lies(),
                  one.recovered()));
      for (JudgeFinding finding : JudgeFinding.values()) {
        long count = one.count(finding);
        out.append(count == 0 ? "  |" : " " + count + " |");
      }
      out.append('\n');
    }
    return out.toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("<", "&lt;");
  }
}
