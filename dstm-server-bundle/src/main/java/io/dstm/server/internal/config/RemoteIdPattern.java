package io.dstm.server.internal.config;

import org.jspecify.annotations.Nullable;

/**
 * Remote-IDs (RFC 4649) as an operator names them.
 *
 * @param enterprise the enterprise number of the relay's maker, decimal, or an asterisk for any
 * @param id the identifier
 */
record RemoteIdPattern(String enterprise, IdPattern id) {

    /**
     * Reads {@code 9:cpe-17}, {@code 9:cpe-*} or {@code *:cpe-17}.
     *
     * @throws IllegalArgumentException with the reason
     */
    static RemoteIdPattern parse(String text) {
        int colon = text.indexOf(':');
        String enterprise = colon < 0 ? "" : text.substring(0, colon);
        if (!enterprise.matches("\\*|0|[1-9][0-9]{0,9}")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not an enterprise number or *, a colon and an identifier, such as 9:cpe-17");
        }
        return new RemoteIdPattern(enterprise, IdPattern.parse(text.substring(colon + 1)));
    }

    /** Whether it means {@code remoteId}, which begins with the enterprise number and a colon. */
    boolean means(@Nullable String remoteId) {
        if (remoteId == null) {
            return false;
        }
        int colon = remoteId.indexOf(':');
        return (enterprise.equals("*") || colon >= 0 && enterprise.equals(remoteId.substring(0, colon)))
                && id.means(remoteId.substring(colon + 1));
    }
}
