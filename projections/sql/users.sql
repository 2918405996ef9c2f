-- name: find_user
SELECT u.id, u.account_id, u.version, u.email, u.name, u.role, u.is_disabled, u.created_at, u.signed_in_at, a.zone
FROM users u JOIN accounts a ON a.id = u.account_id
WHERE u.id = %(user_id)s;

-- name: find_user_of_email
SELECT u.id, u.account_id, u.version, u.email, u.name, u.role, u.is_disabled, u.created_at, u.signed_in_at, a.zone
FROM users u JOIN accounts a ON a.id = u.account_id
WHERE u.email = %(email)s;

-- name: list_users
SELECT u.id, u.account_id, u.version, u.email, u.name, u.role, u.is_disabled, u.created_at, u.signed_in_at, a.zone
FROM users u JOIN accounts a ON a.id = u.account_id
WHERE u.account_id = %(account_id)s ORDER BY u.created_at, u.id;
