package dev.holdfast.cli.demo;

import dev.holdfast.cli.stream.Meter;
import dev.holdfast.client.Outcome;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.testkit.proxy.Cut;
import dev.holdfast.testkit.proxy.CutPlan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of the answer that was cut.
 *
 * @param outcome what the client reports
 * @param text what it delivered
 * @param uncut what the server had answered before, without a cut
 * @param meter the silences
 * @param exchanges what passed the proxy
 */
record EngineResult(
    Outcome outcome, String text, String uncut, Meter meter, List<CutPlan.Exchange> exchanges) {
  /** {@return the cut that was made; null if the answer ended before its place} */
  @Nullable Cut cut() {
    return exchanges.stream()
        .map(CutPlan.Exchange::cut)
        .filter(made -> made != null)
        .findFirst()
        .orElse(null);
  }

  /** {@return how the answer went on; null if it did not} */
  @Nullable Rung rung() {
    List<Seam> seams = outcome.seams();
    return seams.isEmpty() ? null : seams.getLast().rung();
  }

  /** {@return where the two answers part, in UTF-16 units; -1 if they do not} */
  int firstDifference() {
    int end = Math.min(text.length(), uncut.length());
    for (int i = 0; i < end; i++) {
      if (text.charAt(i) != uncut.charAt(i)) {
        return i;
      }
    }
    return text.length() == uncut.length() ? -1 : end;
  }
}
