package dev.holdfast.gateway.journal;

/**
 * What a stream answers in a chat.
 *
 * @param tag the {@link Caller#chat mark} of the chat
 * @param opening kept before the answer, for readers that need it; empty for none
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record ChatTurn(String tag, byte[] opening) {}
