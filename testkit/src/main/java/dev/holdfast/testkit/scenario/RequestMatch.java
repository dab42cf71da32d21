package dev.holdfast.testkit.scenario;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.fault.Protocol;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which requests a {@link ScenarioRule} is for: those that fit all its conditions. In {@code
 * model}, {@code path} and the values of headers, {@code *} matches any characters, none included.
 *
 * @param protocols the request is in one of them; empty for any
 * @param model the model it asks for
 * @param prompt what a message of the user contains, in its letters' case; empty for anything
 * @param toolResult whether a message has the result of a tool; null for either
 * @param path the target without query
 * @param headers values by name in lower case; each must be there
 * @param first number of the first matching request, from 1; only requests that fit all the rest
 *     and no earlier rule are counted
 * @param last number of the last one; {@link Long#MAX_VALUE} for all that follow
 */
public record RequestMatch(
    Set<Protocol> protocols,
    String model,
    String prompt,
    @Nullable Boolean toolResult,
    String path,
    Map<String, String> headers,
    long first,
    long last) {
  private static final String ANYTHING = "*";
  private static final RequestMatch ANY =
      new RequestMatch(Set.of(), ANYTHING, "", null, ANYTHING, Map.of(), 1, Long.MAX_VALUE);

  /** Copies the collections, makes names of headers lower-case, and checks the bounds above. */
  public RequestMatch {
    Check.that(!model.isBlank(), "model", "must not be blank", "'" + model + "'");
    Check.that(
        path.startsWith("/") || path.startsWith(ANYTHING), "path", "must begin with / or *", path);
    Check.that(first >= 1, "requests", "must count from 1", first);
    Check.that(last >= first, "requests", "must not end before they begin", first + "-" + last);
    protocols = Set.copyOf(protocols);
    var names = new TreeMap<String, String>();
    headers.forEach((name, content) -> {
      Check.that(name.matches("[!-9;-~]+"), "headers", "must have names of headers", name);
      names.put(name.toLowerCase(Locale.ROOT), content);
    });
    headers = Map.copyOf(names);
  }

  /** {@return what every request fits} */
  public static RequestMatch any() {
    return ANY;
  }

  /** {@return a copy for requests in one of these protocols} */
  public RequestMatch withProtocols(Protocol... protocols) {
    return new RequestMatch(
        Set.copyOf(Arrays.asList(protocols)),
        model,
        prompt,
        toolResult,
        path,
        headers,
        first,
        last);
  }

  /** {@return a copy for a model; {@code *} matches any characters} */
  public RequestMatch withModel(String model) {
    return new RequestMatch(protocols, model, prompt, toolResult, path, headers, first, last);
  }

  /** {@return a copy for requests in which a message of the user contains this} */
  public RequestMatch withPrompt(String prompt) {
    return new RequestMatch(protocols, model, prompt, toolResult, path, headers, first, last);
  }

  /**
   * {@return a copy for requests in which a message has the result of a tool, or none has}
   *
   * @param present whether there must be one
   */
  public RequestMatch withToolResult(boolean present) {
    return new RequestMatch(protocols, model, prompt, present, path, headers, first, last);
  }

  /** {@return a copy for a path; {@code *} matches any characters} */
  public RequestMatch withPath(String path) {
    return new RequestMatch(protocols, model, prompt, toolResult, path, headers, first, last);
  }

  /** {@return a copy for requests with this header too; {@code *} matches any characters} */
  public RequestMatch withHeader(String name, String content) {
    var more = new TreeMap<>(headers);
    more.put(name, content);
    return new RequestMatch(protocols, model, prompt, toolResult, path, more, first, last);
  }

  /** {@return a copy for one request of those that fit the rest, from 1} */
  public RequestMatch withRequest(long number) {
    return withRequests(number, number);
  }

  /** {@return a copy for some of the requests that fit the rest, both ends included, from 1} */
  public RequestMatch withRequests(long first, long last) {
    return new RequestMatch(protocols, model, prompt, toolResult, path, headers, first, last);
  }

  /** {@return whether a request fits everything but the number} */
  boolean fits(ParsedRequest inquiry) {
    return (protocols.isEmpty() || protocols.contains(inquiry.protocol()))
        && fits(model, inquiry.model())
        && fits(path, inquiry.request().path())
        && (toolResult == null || toolResult == inquiry.conversation().hasToolResult())
        && headers.entrySet().stream()
            .allMatch(
                header -> fits(header.getValue(), inquiry.request().headers().get(header.getKey())))
        && (prompt.isEmpty()
            || inquiry.conversation().turns().stream()
                .anyMatch(turn -> turn.user() && turn.text().contains(prompt)));
  }

  /** {@return whether a request that fits is meant, by its number among those that do} */
  boolean means(long number) {
    return number >= first && number <= last;
  }

  private static boolean fits(String pattern, @Nullable List<String> values) {
    return values != null && values.stream().anyMatch(content -> fits(pattern, content));
  }

  private static boolean fits(String pattern, String text) {
    if (pattern.equals(ANYTHING)) {
      return true;
    }
    var parts = new StringBuilder();
    for (String part : pattern.split("\\*", -1)) {
      parts.append(parts.isEmpty() ? "" : ".*").append(Pattern.quote(part));
    }
    return Pattern.compile(parts.toString(), Pattern.DOTALL).matcher(text).matches();
  }
}
