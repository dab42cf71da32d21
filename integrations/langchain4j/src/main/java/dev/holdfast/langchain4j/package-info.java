/**
 * LangChain4j's models with whole streams: an HTTP client below the models of providers, and a
 * model over Holdfast's own client.
 */
@NullMarked
package dev.holdfast.langchain4j;

import org.jspecify.annotations.NullMarked;
