package dev.holdfast.core.provider.errors;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A rate limit that a request can never meet, because the request alone is larger than the limit.
 * Providers report it under the code of ordinary rate limiting, so that only the sentence differs.
 */
final class OversizedRequest {
  private static final int MAX_MESSAGE = 4096;

  /** OpenAI and Groq: {@code Limit 30000, Requested 45000}, with or without {@code Used 12000}. */
  private static final Pattern LIMIT =
      Pattern.compile("\\blimit[:= ]{1,2}(?:of )?([0-9][0-9,_]{0,18})");

  private static final Pattern REQUESTED =
      Pattern.compile("\\brequested[:= ]{1,2}([0-9][0-9,_]{0,18})");

  /** OpenRouter and others: {@code tokens limit exceeded: 4223 > 3145}. */
  private static final Pattern COMPARED =
      Pattern.compile("([0-9][0-9,_]{0,18}) ?> ?([0-9][0-9,_]{0,18})");

  /** Sentences about the request, not about the minute. */
  private static final List<String> SENTENCES =
      List.of(
          "request too large",
          "request is too large",
          "request was too large",
          "request body too large",
          "request size exceeds",
          "prompt is too long",
          "prompt too long",
          "input is too long",
          "tokens must be reduced",
          "larger than the limit",
          "larger than your limit",
          "larger than the rate limit",
          "larger than your rate limit",
          "larger than the tokens per min",
          "exceeds the maximum number of tokens per",
          "exceeds the limit of a single request",
          "single request exceeds",
          "request alone exceeds",
          "tokens in a single request");

  /**
   * Asks for a smaller request. Some providers do so at every limit, and name waiting as the other
   * way.
   */
  private static final List<String> SMALLER =
      List.of(
          "reduce the prompt length",
          "reduce the length of your prompt",
          "reduce your prompt",
          "reduce your message size",
          "reduce the size of your",
          "reduce the maximum tokens requested");

  private static final List<String> WAITING =
      List.of(
          "try again later",
          "try again in",
          "try again after",
          "retry after",
          "retry in",
          "retry later",
          "please wait",
          "wait and");

  private OversizedRequest() {}

  /**
   * {@return whether the message of a rate limit reports that the request is larger than the limit}
   */
  static boolean isReportedBy(String message) {
    String text =
        message
            .substring(0, Math.min(message.length(), MAX_MESSAGE))
            .toLowerCase(Locale.ROOT)
            .replaceAll("\\s+", " ");
    long limit = number(LIMIT.matcher(text));
    long requested = number(REQUESTED.matcher(text));
    if (limit >= 0 && requested >= 0) {
      return requested > limit;
    }
    var compared = COMPARED.matcher(text);
    if (text.contains("limit") && compared.find()) {
      return value(compared.group(1)) > value(compared.group(2));
    }
    return has(text, SENTENCES) || limit == 0 || (has(text, SMALLER) && !has(text, WAITING));
  }

  private static boolean has(String text, List<String> words) {
    return words.stream().anyMatch(text::contains);
  }

  private static long number(Matcher matcher) {
    return matcher.find() ? value(matcher.group(1)) : -1;
  }

  private static long value(String digits) {
    String bare = digits.replace(",", "").replace("_", "");
    return bare.length() > 18 ? Long.MAX_VALUE : Long.parseLong(bare);
  }
}
