package dev.holdfast.core.dialect;

/**
 * A protocol of an engine that takes its prompt as token ids, so that an answer continues from its
 * exact tokens: {@link dev.holdfast.core.stream.Rung#TOKEN_IDS}. Two exchanges.
 */
public interface TokenDialect extends ChatDialect {
  /**
   * {@return the request for the token ids of the conversation with the partial answer at its end}
   *
   * @throws IllegalArgumentException if the body is not a JSON object with messages
   */
  ProviderRequest tokenize(String body, Partial partial);

  /**
   * {@return the request that continues from those tokens}
   *
   * @param tokens the answer to {@link #tokenize}
   * @throws IllegalArgumentException if it holds no token ids, or no limit for further tokens is
   *     known
   */
  ProviderRequest complete(String body, Partial partial, String tokens);
}
