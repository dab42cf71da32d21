package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Rung;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every way to go on, with every text, cut anywhere: the truth to the letter, or a refusal. */
@Timeout(600)
class HardSeamsTest {
  private static final List<Rung> RUNGS = List.of(Rung.PREFILL, Rung.ANCHOR, Rung.TOKEN_IDS);

  @Test
  void theResultIsTheTruthOrARefusal() {
    long seeds = Long.getLong("holdfast.seeds", 3);
    long first = Long.getLong("holdfast.seed", 1);
    String only = System.getProperty("way", "");
    String kindOnly = System.getProperty("kind", "");
    var known = HardModels.all();
    var ways = new ArrayList<>(known);
    ways.addAll(FurtherModels.all());
    var wrong = new TreeMap<String, Integer>();
    var example = new LinkedHashMap<String, String>();
    var tally = new TreeMap<String, int[]>();
    long cases = 0;
    for (long seed = first; seed < first + seeds; seed++) {
      for (var kind : HardTexts.all()) {
        if (!kind.name().contains(kindOnly)) {
          continue;
        }
        var random = new SplittableRandom(seed * 31 + kind.name().hashCode());
        String truth = kind.make().apply(random);
        int cut = 1 + random.nextInt(truth.length());
        if (random.nextInt(3) == 0) {
          // Where lines, paragraphs and words end most goes wrong.
          int at = truth.indexOf(random.nextBoolean() ? '\n' : ' ', cut);
          cut = at > 0 ? at + random.nextInt(2) : random.nextInt(8) == 0 ? truth.length() : cut;
        }
        if (cut < truth.length() && Character.isLowSurrogate(truth.charAt(cut))) {
          continue;
        }
        for (var rung : RUNGS) {
          String delivered = truth.substring(0, cut);
          var index = TextIndex.of(delivered);
          int start =
              Evidence.startFor(
                  delivered,
                  index,
                  rung == Rung.ANCHOR ? Evidence.MIN_ANCHOR : Evidence.MIN_VISIBLE);
          if (start < 0 && rung == Rung.ANCHOR) {
            start = Evidence.shortStartFor(delivered, index);
          }
          if (start < 0) {
            for (var way : ways) {
              tally.computeIfAbsent(rung + " " + way.name(), k -> new int[3])[1]++;
            }
            continue;
          }
          String anchor = delivered.substring(start);
          var further =
              new SplittableRandom(seed * 31 + kind.name().hashCode() + rung.name().hashCode());
          int number = 0;

          for (var way : ways) {
            var draws = number++ < known.size() ? random : further;
            if (!way.name().contains(only)
                || (way.name().equals("anchor without its end") && kind.name().equals("ha ha"))
                || (way.needsWords()
                    && (rung != Rung.ANCHOR || isUndecidable(way.name(), delivered)))) {
              continue;
            }
            String said =
                way.says()
                    .apply(
                        new HardModels.Asked(
                            truth,
                            rung == Rung.ANCHOR ? Alignment.withoutTrailingSpace(delivered) : cut,
                            start,
                            rung == Rung.ANCHOR ? anchor.strip() : anchor,
                            draws));
            String got = joined(delivered, index, rung, start, said, 1 + draws.nextInt(40));
            cases++;
            var counts = tally.computeIfAbsent(rung + " " + way.name(), k -> new int[3]);
            if (got == null) {
              counts[1]++;
            } else if (got.equals(truth) || (way.name().startsWith("stops") && mayEnd(got))) {
              counts[0]++;
            } else {
              counts[2]++;
              String key = rung + " | " + way.name() + " | " + kind.name();
              wrong.merge(key, 1, Integer::sum);
              example.putIfAbsent(
                  key,
                  "seed "
                      + seed
                      + "\n  DELIVERED ..."
                      + tail(delivered)
                      + "$\n  SAID "
                      + head(said)
                      + "\n  REST "
                      + head(truth.substring(cut))
                      + "\n  NEW "
                      + head(got.substring(delivered.length())));
            }
          }
        }
      }
    }
    int shown = 0;
    for (var entry : wrong.entrySet()) {
      if (shown++ < Integer.getInteger("show", 40)) {
        System.out.println(
            entry.getValue() + " x " + entry.getKey() + ": " + example.get(entry.getKey()));
      }
    }
    if (Boolean.getBoolean("table")) {
      tally.forEach((way, counts) ->
          System.out.printf(
              "%-50s exact %6d refused %6d wrong %4d%n", way, counts[0], counts[1], counts[2]));
    }
    System.out.println(
        cases + " cases, " + wrong.values().stream().mapToInt(i -> i).sum() + " wrong");
    assertThat(wrong).isEmpty();
  }

  /**
   * A mark that is open is closed by the text as likely; where a sentence ends, a line may, too.
   */
  private static boolean isUndecidable(String way, String delivered) {
    String text = delivered.strip();
    return way.contains("closed only")
        ? text.matches("(?s).*[\"'`*_~“”„«»‹›‘’「」()\\[\\]{}<>].*")
            || way.matches(".*['’].*") // An apostrophe.
            || !Character.isLetterOrDigit(text.charAt(text.length() - 1))
        : !Character.isLetterOrDigit(text.charAt(text.length() - 1));
  }

  private static boolean mayEnd(String text) {
    String quoted = text.replaceAll("(?s)```.*?\n```", "").replaceAll("`[^`\n]*`", "");
    for (String pair : List.of("()", "[]", "{}", "\u300c\u300d")) {
      if (count(quoted, pair.charAt(0)) > count(quoted, pair.charAt(1))) {
        return false;
      }
    }
    if (count(quoted, '"') % 2 == 1
        || quoted.substring(quoted.lastIndexOf('\n') + 1).contains("|")) {
      return false;
    }
    String end = text.strip().replaceAll("[\"'”’“»)\\]}*_`」』›~]+$", "");
    return end.matches("(?s).*[.!?。！？]") || text.strip().endsWith("```");
  }

  private static long count(String text, char mark) {
    return text.chars().filter(c -> c == mark).count();
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - 120))
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replace("\t", "\\t");
  }

  private static String head(String text) {
    return text.substring(0, Math.min(200, text.length()))
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replace("\t", "\\t");
  }

  /** {@return the whole text, or null where the continuation was refused} */
  static @Nullable String joined(
      String delivered, TextIndex index, Rung rung, int start, String said, int size) {
    var stitcher = new Stitcher(delivered, index, rung, start, 240);
    for (int at = 0; at < said.length(); at += size) {
      int end = Math.min(said.length(), at + size);
      switch (stitcher.feed(said.substring(at, end))) {
        case Stitcher.Decision.Hold() -> {}
        case Stitcher.Decision.Join(var text, int overlap) -> {
          return delivered + text + said.substring(end);
        }
        case Stitcher.Decision.Refuse(var reason) -> {
          return null;
        }
      }
    }
    return stitcher.end(true) instanceof Stitcher.Decision.Join(var text, int overlap)
        ? delivered + text
        : null;
  }
}
