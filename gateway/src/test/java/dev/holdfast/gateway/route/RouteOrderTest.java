package dev.holdfast.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.ModelPattern;
import dev.holdfast.gateway.config.RouteConfig;
import dev.holdfast.gateway.config.StreamSettings;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The order of upstreams for a session: shares, stability, and failover. */
class RouteOrderTest {
  private static final int SESSIONS = 20_000;

  private static Route route(Map<String, Integer> weights) {
    var upstreams = new ArrayList<UpstreamConfig>();
    var targets = new ArrayList<RouteConfig.Target>();
    weights.forEach((name, weight) -> {
      upstreams.add(
          UpstreamConfig.parse("openai-chat=http://" + name + "/v1")
              .withName(name)
              .withCredential(Credential.NONE));
      targets.add(new RouteConfig.Target(name, weight, ""));
    });
    var config = new RouteConfig(List.of(), targets, true, StreamSettings.DEFAULT);
    return Route.of(config, GatewayConfig.DEFAULT.withRoutes(upstreams, List.of(config)));
  }

  private static List<String> order(Route route, long session) {
    return route.order(session, upstream -> true).stream()
        .map(hop -> hop.upstream().name())
        .toList();
  }

  private static long session(int number) {
    return SessionHash.of("session-" + number);
  }

  @Test
  void eachUpstreamIsFirstForItsShareOfSessions() {
    var route = route(new TreeMap<>(Map.of("a", 6, "b", 3, "c", 1)));
    var firsts = new HashMap<String, Integer>();
    for (int i = 0; i < SESSIONS; i++) {
      firsts.merge(order(route, session(i)).getFirst(), 1, Integer::sum);
    }
    assertThat(firsts.getOrDefault("a", 0) / (double) SESSIONS).isCloseTo(0.6, within(0.02));
    assertThat(firsts.getOrDefault("b", 0) / (double) SESSIONS).isCloseTo(0.3, within(0.02));
    assertThat(firsts.getOrDefault("c", 0) / (double) SESSIONS).isCloseTo(0.1, within(0.02));
  }

  @Test
  void anUpstreamThatLeavesMovesItsOwnSessionsOnlyAndGetsThemBack() {
    var all = route(new TreeMap<>(Map.of("a", 1, "b", 1, "c", 1)));
    var without = route(new TreeMap<>(Map.of("a", 1, "c", 1)));
    int moved = 0;
    for (int i = 0; i < SESSIONS; i++) {
      var before = order(all, session(i));
      var after = order(without, session(i));
      var expected = new ArrayList<>(before);
      expected.remove("b");
      assertThat(after).isEqualTo(expected);
      moved += before.getFirst().equals("b") ? 1 : 0;
    }
    assertThat(moved / (double) SESSIONS).isCloseTo(1 / 3.0, within(0.02));
  }

  @Test
  void withoutWeightsTheOrderIsTheConfiguredOne() {
    var weights = new LinkedHashMap<String, Integer>();
    weights.put("z", 0);
    weights.put("b", 1);
    weights.put("a", 1);
    weights.put("y", 0);
    var route = route(weights);
    for (int i = 0; i < 100; i++) {
      var order = order(route, session(i));
      assertThat(order.getFirst()).isEqualTo("z");
      assertThat(order.getLast()).isEqualTo("y");
      assertThat(order.subList(1, 3)).containsExactlyInAnyOrder("a", "b");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "*, '', true",
    "*, anything, true",
    "gpt-*, gpt-4.1, true",
    "gpt-*, gpt-, true",
    "gpt-*, xgpt-4, false",
    "*-mini, gpt-4.1-mini, true",
    "*-mini, gpt-4.1-mini-2, false",
    "o?, o3, true",
    "o?, o, false",
    "o?, o33, false",
    "a*b*c, a1b2b3c, true",
    "a*b*c, a1c2b, false",
    "gpt.4, gptx4, false",
    "GPT-4, gpt-4, false",
  })
  void aPatternStandsForItself(String pattern, String model, boolean fits) {
    assertThat(new ModelPattern(pattern).matches(model)).isEqualTo(fits);
  }

  @Test
  void aPatternWithManyStarsTakesNoLongTime() {
    var pattern = new ModelPattern("*a".repeat(90) + "b");
    assertThat(pattern.matches("a".repeat(100_000))).isFalse();
  }
}
