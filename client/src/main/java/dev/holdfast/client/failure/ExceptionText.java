package dev.holdfast.client.failure;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.RungRefusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The sentence of an exception: what failed, what the provider wrote, and why it was not mended.
 */
public final class ExceptionText {
  /** Longest sentence of a provider that is repeated, in characters. */
  public static final int MAX_SENTENCE = 300;

  /** Control characters, line ends in any script, and marks that turn the direction of a text. */
  private static final String UNPRINTABLE = "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\s]+";

  private ExceptionText() {}

  /**
   * {@return the sentence of an exception}
   *
   * @param characters how much text was delivered
   */
  public static String of(Failure failure, int characters, Ending ending) {
    List<String> facts = new ArrayList<>();
    String sentence = failure.cause().id() + ": " + failure.detail();
    failure
        .httpStatus()
        .ifPresent(status -> {
          if (!failure.detail().contains(Integer.toString(status))) {
            facts.add("HTTP status: " + status);
          }
        });
    String message = providerMessage(failure);
    if (!message.isEmpty()) {
      facts.add("the provider wrote: \"" + message + "\"");
    }
    String id = requestId(ending);
    if (!id.isEmpty()) {
      facts.add("request id: " + id);
    }
    if (!ending.attempts().isEmpty()) {
      facts.add("attempts: " + ending.attempts().size());
      // A relayed body is bytes: how much text they held is not known.
      if (characters > 0 || ending.attempts().stream().allMatch(each -> each.events() == 0)) {
        facts.add("characters delivered: " + characters);
      }
    }
    ending
        .stoppedBy()
        .map(Cause::id)
        .ifPresent(cause -> facts.add("recovery stopped by: " + cause));
    if (!ending.refusals().isEmpty()) {
      facts.add(
          ending.refusals().stream()
              .map(ExceptionText::refusal)
              .collect(Collectors.joining(", ", "not continued by: ", "")));
    }
    return facts.isEmpty() ? sentence : sentence + " (" + String.join("; ", facts) + ")";
  }

  private static String refusal(RungRefusal refusal) {
    return refusal.rung().name().toLowerCase(Locale.ROOT).replace('_', '-')
        + " ("
        + refusal.rule()
        + ")";
  }

  /** {@return the provider's sentence, one line, cut; empty if it wrote none} */
  public static String providerMessage(Failure failure) {
    String written = failure.provider().map(ProviderError::message).orElse("");
    String line = written.replaceAll(UNPRINTABLE, " ").strip();
    if (line.length() <= MAX_SENTENCE) {
      return line;
    }
    int end = MAX_SENTENCE - 1;
    return line.substring(0, Character.isHighSurrogate(line.charAt(end - 1)) ? end - 1 : end)
        + "\u2026";
  }

  /** {@return the id of the last request that has one; empty if none has} */
  public static String requestId(Ending ending) {
    return ending.attempts().reversed().stream()
        .map(AttemptReport::requestId)
        .filter(id -> !id.isEmpty())
        .findFirst()
        .orElse("");
  }
}
