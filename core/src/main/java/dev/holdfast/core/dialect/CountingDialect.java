package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.TokenUsage;

/**
 * A protocol in which a server counts the tokens of a conversation without answering it. Some
 * engines report no counts while they write, so that a continuation near the output limit has to
 * ask.
 */
public interface CountingDialect extends ChatDialect {
  /**
   * {@return the request for the number of tokens of the conversation with the partial answer at
   * its end}
   *
   * @throws IllegalArgumentException if the body is not a JSON object with messages
   */
  ProviderRequest count(String body, Partial partial);

  /**
   * {@return how many tokens that request counted}
   *
   * @param answer the response body
   * @throws IllegalArgumentException if it holds no count
   */
  long counted(String answer);

  /**
   * {@return how many tokens the conversation has without any answer, as the answer itself reported
   * it; -1 if it did not}
   */
  long prompt(TokenUsage usage);
}
