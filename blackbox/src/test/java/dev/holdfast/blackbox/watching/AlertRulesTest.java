package dev.holdfast.blackbox.watching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.gateway.manage.GatewayMetrics;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.StreamState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds docs/prometheus/holdfast.rules.yml, and the page of metrics, to what is served. */
class AlertRulesTest {
  private static final Pattern METRIC = Pattern.compile("holdfast_[a-z_]+[a-z]");
  private static final Pattern SELECTOR =
      Pattern.compile("(holdfast_[a-z_]+[a-z])\\{([^}]*)}|by \\(([^)]*)\\)");
  private static final Pattern MATCHER = Pattern.compile("([a-z]+)(=~|!=|=)\"([^\"]*)\"");
  private static final Pattern SAMPLE =
      Pattern.compile("(?m)^(holdfast_[a-z_]+)(?:\\{(.*)})? [0-9.E+-]+$");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");

  private static String file(String name) throws IOException {
    var root = Path.of(Objects.requireNonNull(System.getProperty("holdfast.root")));
    return Files.readString(root.resolve(name));
  }

  /** {@return what a monitor serves, of streams to which everything has happened} */
  private static String served() {
    var monitor = new StreamMonitor();
    var target = new StreamObserver.Target("east", "", 0, "openai-chat", "gpt-4.1");
    var watch = Objects.requireNonNull(monitor.begun(target, 0));
    watch.observed(new Observation.AttemptOpened(1, target), 0);
    watch.received(1, 10, 1, 1);
    watch.delivered(2, 10, 1);
    watch.observed(new Observation.FrameRejected(Cause.MALFORMED_JSON), 2);
    var lost = new Observation.FailureSummary(Cause.RATE_LIMITED, "", 429, "");
    watch.observed(new Observation.AttemptClosed(1, lost), 3);
    watch.observed(new Observation.Retrying(1, 3, Duration.ZERO, Rung.ANCHOR), 3);
    watch.observed(new Observation.AttemptOpened(2, target), 4);
    watch.observed(new Observation.SeamMarked(new Seam(10, Rung.ANCHOR, 2, 5)), 5);
    watch.delivered(1, 10, 5);
    watch.observed(new Observation.AttemptClosed(2, null), 6);
    watch.observed(
        new Observation.Ended(
            new Verdict.Truncated(Cause.CONNECTION_LOST),
            null,
            null,
            Exactness.CONTINUED,
            List.of(),
            7,
            12,
            2,
            1),
        6);
    return monitor.prometheusText();
  }

  /** {@return the labels of every metric of a monitor, by its name in a query} */
  private static Map<String, Set<String>> labels() {
    var all = new TreeMap<String, Set<String>>();
    SAMPLE
        .matcher(served())
        .results()
        .forEach(sample -> {
          String labels = Objects.requireNonNullElse(sample.group(2), "");
          var names =
              MATCHER
                  .matcher(labels)
                  .results()
                  .map(label -> label.group(1))
                  .collect(Collectors.toCollection(TreeSet::new));
          all.merge(sample.group(1), names, (some, more) -> more);
        });
    return all;
  }

  private static Set<String> gatewayNames() {
    return TYPE.matcher(new GatewayMetrics().text(1, List.of(), List.of(), true, 0))
        .results()
        .map(type -> type.group(1))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"docs/prometheus/holdfast.rules.yml", "examples/grafana/holdfast.json"})
  void everyMetricOfTheAlertsIsServed(String page) throws IOException {
    var known = new TreeSet<>(labels().keySet());
    known.addAll(gatewayNames());
    var used =
        METRIC
            .matcher(file(page))
            .results()
            .map(name -> name.group())
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(used).hasSizeGreaterThan(8).isSubsetOf(known);
  }

  @Test
  void everyLabelOfTheAlertsHasTheValuesThatTheyAskFor() throws IOException {
    var labels = labels();
    var values = new TreeMap<String, Set<String>>();
    values.put("verdict", lower(StreamState.values()));
    values.put("outcome", lower(Outcome.values()));
    var causes =
        Arrays.stream(Cause.values()).map(Cause::id).collect(Collectors.toCollection(TreeSet::new));
    causes.add("none");
    values.put("cause", causes);
    var selectors = SELECTOR.matcher(file("docs/prometheus/holdfast.rules.yml")).results().toList();
    assertThat(selectors).hasSizeGreaterThan(10);
    for (var selector : selectors) {
      if (selector.group(3) != null) {
        assertThat(List.of(selector.group(3).split(", ")))
            .isSubsetOf("upstream", "model", "cause", "le");
        continue;
      }
      for (var matcher : MATCHER.matcher(selector.group(2)).results().toList()) {
        if (!selector.group(1).startsWith("holdfast_gateway_")) {
          assertThat(labels.get(selector.group(1))).contains(matcher.group(1));
        }
        assertThat(values.get(matcher.group(1)))
            .as(selector.group())
            .containsAll(List.of(matcher.group(3).split("\\|")));
      }
    }
  }

  private static Set<String> lower(Enum<?>[] constants) {
    return Arrays.stream(constants)
        .map(constant -> constant.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The table of the page, against the text; a histogram stands there by its own name. */
  @Test
  void thePageNamesEveryMetricWithItsLabels() throws IOException {
    String page = file("docs/metrics.md");
    String section =
        page.substring(page.indexOf("\n## Prometheus\n"), page.indexOf("\n## Micrometer\n"));
    var documented = new TreeMap<String, Set<String>>();
    for (String line : section.lines().toList()) {
      var cells = line.split("\\|", -1);
      if (!line.startsWith("| `holdfast_")) {
        continue;
      }
      var labels = words(cells[2], "[a-z]+");
      words(cells[1], "holdfast_[a-z_]+").forEach(name -> documented.put(name, labels));
    }
    var served = new TreeMap<String, Set<String>>();
    var labels = labels();
    TYPE.matcher(served())
        .results()
        .forEach(type -> {
          boolean times = type.group(2).equals("histogram");
          served.put(type.group(1), labels.get(type.group(1) + (times ? "_bucket" : "")));
        });
    assertThat(documented).isEqualTo(served);
  }

  private static Set<String> words(String cell, String word) {
    return Pattern.compile("`(" + word + ")`")
        .matcher(cell)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
