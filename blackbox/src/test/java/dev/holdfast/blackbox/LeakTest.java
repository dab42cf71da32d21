package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Media;
import dev.holdfast.core.request.Message;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.ToolCall;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys and prompts do not print themselves: what is printed ends up in a log. */
class LeakTest {
  private static final JavaClasses HOUSE = ProductionClasses.ALL;
  private static final String SECRET = "canary-4711";

  static Stream<Object> carriers() {
    return Stream.of(
        ChatRequest.to("m").system(SECRET).user(SECRET).assistant(SECRET).build(),
        ChatRequest.to("m").user("hi").tool("t", SECRET, SECRET).with("x", SECRET).build(),
        Message.user(Part.text(SECRET)),
        Part.text(SECRET),
        new Part.Reasoning(SECRET),
        new Part.Call(new ToolCall(0, "id", "name", SECRET)),
        new Part.Result(new ToolCall(0, "id", "name", SECRET), SECRET, false),
        Media.url("https://h/x?sig=" + SECRET),
        new Media.Inline("image/png", SECRET),
        new Partial(SECRET, SECRET, Cause.TRUNCATED, 1),
        new Action.OpenAttempt(
            1, 0, ProviderRequest.post("p?key=" + SECRET, SECRET, Dialects.byId("openai-chat")), 0),
        new ProviderError("type", "code", SECRET, SECRET),
        new Transport.Request(
            URI.create("https://" + SECRET + "@example.com/v1?key=" + SECRET),
            Map.of("authorization", List.of(SECRET)),
            SECRET,
            Duration.ZERO));
  }

  @ParameterizedTest
  @MethodSource("carriers")
  void whatCarriesAKeyOrAPromptDoesNotPrintIt(Object carrier) {
    assertThat(carrier.toString()).doesNotContain(SECRET).contains("[");
  }

  @Test
  void everyRecordWithARequestBodyHasAToStringOfItsOwn() {
    var printing =
        HOUSE.stream()
            .filter(JavaClass::isRecord)
            .filter(type -> carriesRequest(type.reflect()))
            .filter(type -> !type.tryGetMethod("toString").isPresent() || isGenerated(type))
            .map(JavaClass::getName);
    assertThat(printing).isEmpty();
  }

  private static boolean carriesRequest(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .anyMatch(part -> part.getName().equals("body") && part.getType() == String.class);
  }

  /** A generated {@code toString} asks the runtime to print all components. */
  private static boolean isGenerated(JavaClass type) {
    return type.getMethod("toString").getMethodCallsFromSelf().isEmpty();
  }
}
