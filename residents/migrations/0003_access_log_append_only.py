"""The access log takes new rows only: the database refuses to change one, or to delete one that
is younger than half a year (`residents.models.access.KEPT`)."""

from django.db import migrations

SQLITE = [
    """
    CREATE TRIGGER access_log_no_update BEFORE UPDATE ON residents_accesslog
    BEGIN SELECT RAISE(ABORT, 'access log is append-only'); END
    """,
    """
    CREATE TRIGGER access_log_no_delete BEFORE DELETE ON residents_accesslog
    WHEN OLD.at > datetime('now', '-183 days')
    BEGIN SELECT RAISE(ABORT, 'access log is append-only'); END
    """,
    # A REPLACE deletes without asking the triggers of a DELETE.
    """
    CREATE TRIGGER access_log_no_replace BEFORE INSERT ON residents_accesslog
    WHEN EXISTS (SELECT 1 FROM residents_accesslog WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'access log is append-only'); END
    """,
]

POSTGRESQL = [
    """
    CREATE FUNCTION access_log_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '183 days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'access log is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE ON residents_accesslog
    FOR EACH ROW EXECUTE FUNCTION access_log_append_only()
    """,
    """
    CREATE TRIGGER access_log_no_truncate BEFORE TRUNCATE ON residents_accesslog
    FOR EACH STATEMENT EXECUTE FUNCTION access_log_append_only()
    """,
]

UNDO = {
    "sqlite": [
        "DROP TRIGGER access_log_no_update",
        "DROP TRIGGER access_log_no_delete",
        "DROP TRIGGER access_log_no_replace",
    ],
    "postgresql": [
        "DROP TRIGGER access_log_no_truncate ON residents_accesslog",
        "DROP TRIGGER access_log_append_only ON residents_accesslog",
        "DROP FUNCTION access_log_append_only()",
    ],
}


def guard(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("residents", "0002_lifecycle")]

    operations = [migrations.RunPython(guard, unguard)]
