/** Which protocol a response body speaks, judged by its first bytes. */
@NullMarked
package dev.holdfast.core.provider.detect;

import org.jspecify.annotations.NullMarked;
