package dev.holdfast.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.policy.StreamPolicy;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.io.support.SpringFactoriesLoader;

/** What {@code holdfast.*} may be, and the sentence about what it may not be. */
class PropertiesTest {
  private static void start(String... properties) {
    var all = new ArrayList<>(List.of(properties));
    all.add("spring.ai.model.chat=none");
    try (var context = Application.builder(WebApplicationType.NONE, all).run()) {
      assertThat(context.getBean(StreamRelay.class)).isNotNull();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "holdfast.timeouts.idle=soon | holdfast.timeouts.idle: must be a duration such as 30s, was"
            + " soon",
        "holdfast.timeouts.first-token=-1s | holdfast.timeouts.first-token: must not be negative,"
            + " was PT-1S",
        "holdfast.retry.max-attempts=0 | holdfast.retry.max-attempts: must be at least 1, was 0",
        "holdfast.retry.max-attempts=few | holdfast.retry.max-attempts: must be a whole number,"
            + " was few",
        "holdfast.retry.max-delay=1ms | holdfast.retry.max-delay: must be >= firstDelay, was"
            + " PT0.001S",
        "holdfast.completion=perhaps | holdfast.completion: must be one of strict, done-marker,"
            + " eof, was perhaps",
        "holdfast.recovery.tools=half | holdfast.recovery.tools: must be one of whole, live, was"
            + " half",
        "holdfast.recovery.require-exact=maybe | holdfast.recovery.require-exact: must be true or"
            + " false, was maybe",
        "holdfast.monitor.port=70000 | holdfast.monitor.port: must be 0 to 65535, was 70000",
        "holdfast.monitor.finished=-1 | holdfast.monitor.finished: must not be negative, was -1",
        "holdfast.health.min-success-rate=2 | holdfast.health.min-success-rate: must be 0 to 1,"
            + " was 2.0",
        "holdfast.timeouts.idel=3s | holdfast.timeouts.idel: must be a property of Holdfast, was"
            + " unknown",
      })
  void aBadValueIsOneSentence(String property, String sentence) {
    var failure = catchThrowable(() -> start(property));
    assertThat(failure).isNotNull();
    var analysis = Objects.requireNonNull(new PropertyFailureAnalyzer().analyze(failure));
    assertThat(analysis.getDescription()).isEqualTo(sentence);
  }

  @Test
  void otherFailuresAreLeftToOtherAnalyzers() {
    assertThat(new PropertyFailureAnalyzer().analyze(new IllegalStateException("no"))).isNull();
  }

  @Test
  void springBootFindsTheAnalyzer() {
    var names =
        SpringFactoriesLoader.forDefaultResourceLocation(getClass().getClassLoader())
            .load(
                FailureAnalyzer.class,
                SpringFactoriesLoader.FailureHandler.handleMessage((message, e) -> {}))
            .stream()
            .map(analyzer -> analyzer.getClass().getSimpleName());
    assertThat(names).contains("PropertyFailureAnalyzer");
  }

  @Test
  void theDefaultsAreTheLibrarys() {
    var properties = new Binder().bindOrCreate(HoldfastProperties.PREFIX, HoldfastProperties.class);
    assertThat(properties.policy()).isEqualTo(StreamPolicy.DEFAULT);
  }

  /** Editors complete from the metadata: each property is in it, and with its real default. */
  @Test
  void theMetadataListsEveryPropertyWithItsDefault() throws IOException {
    var expected = new TreeMap<String, String>();
    collect(HoldfastProperties.PREFIX, HoldfastProperties.class, expected);
    var found = new TreeMap<String, String>();
    var entry =
        Pattern.compile(
            "\\{\"name\": \"(holdfast[^\"]+)\", \"type\"(?=[^}]*\"description\"[^}]*\\})([^}]*)\\}");
    var standard = Pattern.compile("\"defaultValue\": \"?([^,\"]+)\"?");
    var matcher = entry.matcher(metadata());
    while (matcher.find()) {
      var value = standard.matcher(matcher.group(2));
      found.put(matcher.group(1), value.find() ? value.group(1) : "");
    }
    found.replaceAll((name, value) -> value.equals("0.0") ? "0" : value);
    assertThat(found).isEqualTo(expected);
  }

  private static String metadata() throws IOException {
    var resources =
        PropertiesTest.class
            .getClassLoader()
            .getResources("META-INF/spring-configuration-metadata.json");
    var texts = new ArrayList<String>();
    for (var url : Collections.list(resources)) {
      try (var in = url.openStream()) {
        texts.add(new String(in.readAllBytes(), UTF_8));
      }
    }
    return texts.stream()
        .filter(text -> text.contains("HoldfastProperties"))
        .collect(Collectors.joining());
  }

  private static void collect(String prefix, Class<?> record, Map<String, String> into) {
    for (RecordComponent component : record.getRecordComponents()) {
      String name = prefix + "." + PropertyFailureAnalyzer.kebab(component.getName());
      if (component.getType().isRecord()) {
        collect(name, component.getType(), into);
        continue;
      }
      // The annotation is of the constructor's parameter.
      var constructor = record.getDeclaredConstructors()[0];
      var parameter =
          Arrays.stream(constructor.getParameters())
              .filter(one -> one.getName().equals(component.getName()))
              .findFirst()
              .orElseThrow();
      var standard = parameter.getAnnotation(DefaultValue.class);
      into.put(name, standard == null ? "" : String.join(",", standard.value()));
    }
  }
}
