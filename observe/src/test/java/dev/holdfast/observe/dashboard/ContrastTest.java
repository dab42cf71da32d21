package dev.holdfast.observe.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text is read against its ground in both schemes: WCAG 2.2, success criteria 1.4.3 and 1.4.11. */
class ContrastTest {
  private static final Pattern COLOUR = Pattern.compile("--([a-z-]+): #([0-9a-f]{3,6});");

  private static Map<String, Double> luminances(boolean dark) {
    var answer = new Dashboard().answer(new Request("GET", "/style.css", "", Map.of()));
    var whole = (Response.Whole) Objects.requireNonNull(answer);
    String css = new String(whole.body(), StandardCharsets.UTF_8);
    int split = css.indexOf("@media (prefers-color-scheme: dark)");
    var found = new TreeMap<String, Double>();
    // What the dark scheme does not set is as in the light one.
    String part = css.substring(0, dark ? css.indexOf("\n* {") : split);
    COLOUR.matcher(part).results().forEach(one -> found.put(one.group(1), luminance(one.group(2))));
    return found;
  }

  private static double luminance(String hex) {
    String six = hex.length() == 3 ? hex.replaceAll("(.)", "$1$1") : hex;
    double[] weights = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      double part = Integer.parseInt(six.substring(2 * i, 2 * i + 2), 16) / 255.0;
      double linear = part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
      sum += weights[i] * linear;
    }
    return sum;
  }

  private static double contrast(double one, double other) {
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }

  @ParameterizedTest(name = "{0} on card and page, at least {1}")
  @CsvSource({
    "ink, 7",
    "soft, 4.5",
    "good, 4.5",
    "bad, 4.5",
    "busy, 4.5",
    "odd, 4.5",
    "plot-a, 3",
    "plot-b, 3",
    "plot-c, 3",
    "focus, 3"
  })
  void isHighEnough(String colour, double least) {
    for (boolean dark : new boolean[] {false, true}) {
      var all = luminances(dark);
      double of = Objects.requireNonNull(all.get(colour));
      for (String ground : new String[] {"card", "page"}) {
        assertThat(contrast(of, Objects.requireNonNull(all.get(ground))))
            .as("%s on %s, dark %s", colour, ground, dark)
            .isGreaterThanOrEqualTo(least);
      }
    }
  }
}
