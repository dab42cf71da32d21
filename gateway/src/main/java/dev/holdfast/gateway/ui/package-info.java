/**
 * The AI SDK's UI message stream: chats as {@code useChat} posts them, and answers as it reads
 * them.
 */
@org.jspecify.annotations.NullMarked
package dev.holdfast.gateway.ui;
