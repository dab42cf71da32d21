/** Amazon Bedrock's protocols, which wrap those of the models that it hosts. */
@NullMarked
package dev.holdfast.core.provider.amazon;

import org.jspecify.annotations.NullMarked;
