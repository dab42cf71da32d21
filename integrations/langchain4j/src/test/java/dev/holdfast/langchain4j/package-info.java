/** LangChain4j's real models against the fault server. */
@NullMarked
package dev.holdfast.langchain4j;

import org.jspecify.annotations.NullMarked;
